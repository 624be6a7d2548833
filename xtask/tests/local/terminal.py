"""Runs a command on a terminal of its own, as a person would, and types when it asks.

Usage: python terminal.py PROMPT KEYS COMMAND [ARGUMENT...]; prints JSON.
"""

import json
import os
import pty
import re
import sys
import termios
import time

PROMPT, KEYS, *COMMAND = sys.argv[1:]
LOCAL_MODES = 3
COLORS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def hides():
    """Whether what is typed is hidden, which begins a moment after the prompt is written."""
    for _ in range(50):
        if not termios.tcgetattr(terminal)[LOCAL_MODES] & termios.ECHO:
            return True
        time.sleep(0.02)
    return False


child, terminal = pty.fork()
if child == 0:
    os.execvp(COMMAND[0], COMMAND)

output = b""
is_asked = False
was_hidden = False
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        # The last one who had the terminal has closed it.
        break
    if not chunk:
        break
    output += chunk
    if not is_asked and PROMPT.encode() in output:
        is_asked = True
        was_hidden = hides()
        os.write(terminal, KEYS.encode())
echo = bool(termios.tcgetattr(terminal)[LOCAL_MODES] & termios.ECHO)
_, status = os.waitpid(child, 0)
print(json.dumps({
    "code": os.waitstatus_to_exitcode(status),
    "output": COLORS.sub("", output.decode(errors="replace")).replace("\r\n", "\n"),
    "is_asked": is_asked,
    "was_hidden": was_hidden,
    "echo": echo,
}))
