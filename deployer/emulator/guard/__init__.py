"""Lets only the owner of this machine's local stage use it: no web page, no other user, no guessed key.

ministack answers everybody: it allows every origin, looks at no host name, and takes root's access key
with any signature. Here every request has to pass, in this order: its connection belongs to a process of
the same user; its `Host` is one that the emulator serves; and unless it goes to an API or a distribution,
which AWS leaves open as well, no page sent it and its signature is right.
"""
