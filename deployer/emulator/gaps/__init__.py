"""The gaps between ministack and AWS, one module each; `launcher.py` names their order."""
