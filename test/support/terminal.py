# A terminal around one command. Standard input takes one JSON object a line: {"keys": "q"},
# {"size": [columns, rows]} or {"signal": 15}; standard output is what the terminal is sent. The exit
# code is the command's, or 128 and the signal that ended it.
import fcntl, json, os, pty, select, signal, struct, sys, termios

def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    resize(0, columns, rows)
    os.execvp(command[0], command)

pending, sources = b"", [0, terminal]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b""
        if not data:
            sources.remove(source)
            # Whoever ran it has gone without a word, as a test that failed.
            if source == 0:
                os.kill(pid, signal.SIGKILL)
        elif source == terminal:
            while data:
                data = data[os.write(1, data):]
        else:
            *lines, pending = (pending + data).split(b"\n")
            for order in map(json.loads, lines):
                if "keys" in order:
                    os.write(terminal, order["keys"].encode())
                if "size" in order:
                    resize(terminal, *order["size"])
                if "signal" in order:
                    os.kill(pid, order["signal"])

status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
