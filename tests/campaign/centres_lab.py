"""Two or three whole centres with their agencies, each centre in a network of its own."""

import hashlib
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

from exchange_lab import Clerk, Exchange, Trouble
from wires import Wires, forget_networks, run

# As yizhan-lab makes them (tests/world/lab.cc): folder, code, name, number of its centre.
AGENCIES = [("a", "T01000000A", "測試部", 0), ("b", "T37600000B", "澤林縣政府", 0),
            ("c", "T38100000C", "雲岫市政府", 1), ("d", "T39500000D", "松濤鄉公所", 1),
            ("e", "T36600000E", "蘭陽鎮公所", 2)]
SENDERS = "ade"  # one at each centre
AT_REST = "('received', 'confirmed', 'returned')"


class Centres(Exchange):
    """The programs of a lab of `count` centres; started with their wires."""

    def __init__(self, root, programs, count, seed):
        self.count_of_centres = count
        self.folders = ["centre" if i == 0 else f"centre-{i + 1}" for i in range(count)]
        self.agencies = [agency for agency in AGENCIES if agency[3] < count]
        # Of this folder alone, so that what a killed campaign left is known again.
        self.network = "yz-" + hashlib.sha256(str(root).encode()).hexdigest()[:8]
        self.wires = Wires(self.network, count, seed)
        super().__init__(root, programs)

    def make_plans(self):
        plans = {}
        for name in ("clamd", "clamd-agencies"):
            plans[name] = (["/usr/sbin/clamd", "--foreground",
                            f"--config-file={self.root}/{name}/clamd.conf"],
                           self.root / name / "clamd.sock")
        for i, folder in enumerate(self.folders):
            mark = folder.removeprefix("centre")
            self.plan(plans, f"centre-keyholder{mark}", "yizhan-keyholder",
                      f"{folder}/keyholder.toml", f"scanner-keys{mark}", i)
            self.plan(plans, f"scanner{mark}", "yizhan-scanner", f"{folder}/scanner.toml",
                      f"scanner{mark}", i)
            self.plan(plans, f"exchange{mark}", "yizhan-exchange", f"{folder}/exchange.toml",
                      f"centre{mark}", i)
        for folder, _, _, i in self.agencies:
            self.plan(plans, f"{folder}-keyholder", "yizhan-keyholder",
                      f"{folder}/keyholder.toml", f"{folder}-keys", i)
            self.plan(plans, f"{folder}-terminal", "yizhan-terminal", f"{folder}/terminal.toml",
                      folder, i)
        return plans

    def plan(self, plans, name, program, config, sock, network=0):
        super().plan(plans, name, program, config, sock)
        command, ready = plans[name]
        plans[name] = (self.wires.inside(network, command), ready)

    def make(self):
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([str(self.programs / "tests/yizhan-lab"), str(self.root),
                        str(self.programs), f"apart-{self.count_of_centres}"],
                       env=self.environment, check=True)
        forget_networks(self.network)
        self.wires.__enter__()

    def leave(self):
        for name in self.plans:
            self.resume(name)
        self.kill_all()
        self.wires.__exit__()

    def programs_of(self, centre):
        mark = self.folders[centre].removeprefix("centre")
        return [f"{name}{mark}" for name in ("exchange", "scanner", "centre-keyholder")]

    def pause(self, name):
        """Returns once every thread stands still: one of them has to hear the signal first, and
        until it has its turn the others go on."""
        if not self.is_running(name):
            return
        process = self.running[name]
        process.send_signal(signal.SIGSTOP)
        threads = pathlib.Path(f"/proc/{process.pid}/task")
        while process.poll() is None:
            try:
                states = [stat.read_text().rsplit(")", 1)[1].split()[0]
                          for stat in threads.glob("*/stat")]
            except OSError:
                continue  # one has just ended
            if set(states) <= set("TZX"):
                return
            time.sleep(0.01)

    def resume(self, name):
        if self.is_running(name):
            self.running[name].send_signal(signal.SIGCONT)

    def pause_when_only_forwarding(self, folder, program, sender, seconds=120):
        """Once all that `sender` has sent is at this centre, what it has waits for other centres,
        and nothing else is under way."""
        questions = [
            (sender, "SELECT count(*) FROM sendings s WHERE NOT EXISTS (SELECT 1 FROM "
                     "outgoing_packages p WHERE p.document_id = s.id AND p.state = 'accepted')",
             "not submitted"),
            (folder, "SELECT count(*) FROM recipients WHERE state NOT IN ('relayed', 'forwarding', "
                     f"'offered', {AT_REST[1:]}", "under way"),
            (folder, "SELECT 1 - min(count(*), 1) FROM recipients WHERE state = 'forwarding'",
             "nothing waits"),
            (folder, "SELECT count(*) FROM evidence WHERE published = 0", "unpublished"),
            (folder, "SELECT count(*) FROM journal WHERE log_index IS NULL", "unsealed")]
        end = time.monotonic() + seconds
        while True:
            if not (left := self.open_of(questions)):
                self.pause(program)  # it may have gone on since
                if not (left := self.open_of(questions)):
                    return
                self.resume(program)
            if time.monotonic() > end:
                raise Trouble(f"{folder} cut off from others does not rest: {left}")
            time.sleep(0.05)

    def copy_store(self, folder, name="copy"):
        run("rm", "-rf", self.root / f"{folder}-{name}")
        run("cp", "-a", self.root / folder / "data", self.root / f"{folder}-{name}")

    def restore_store(self, folder, name="copy"):
        run("rm", "-rf", self.root / folder / "data")
        run("mv", self.root / f"{folder}-{name}", self.root / folder / "data")

    def open_business(self):
        """As for one centre: in the order in which a letter goes."""
        questions = []
        for folder, _, _, _ in self.agencies:
            questions += [
                (folder, "SELECT count(*) FROM sendings s WHERE NOT EXISTS"
                         " (SELECT 1 FROM outgoing_packages p WHERE p.document_id = s.id)",
                 f"unsealed at {folder}"),
                (folder, "SELECT count(*) FROM outgoing_recipients"
                         f" WHERE state NOT IN {AT_REST}", f"of {folder} on its way"),
                (folder, "SELECT count(*) FROM hand_ins WHERE done = 0",
                 f"not handed in by {folder}")]
        for folder in self.folders:
            questions += [
                (folder, "SELECT count(*) FROM recipients WHERE state NOT IN ('relayed', "
                         f"{AT_REST[1:]}", f"under way at {folder}"),
                (folder, "SELECT count(*) FROM evidence WHERE published = 0",
                 f"unpublished at {folder}"),
                (folder, "SELECT count(*) FROM journal WHERE log_index IS NULL",
                 f"unsealed journal at {folder}")]
        return (self.open_of(questions) or self.news_under_way() or
                self.answers_under_way(self.folders, [a[0] for a in self.agencies]))

    def news_under_way(self):
        """What a centre or an agency has been told of and not yet read."""
        codes = {folder: f"CENTRE-{i + 1}" for i, folder in enumerate(self.folders)}
        readers = [(folder, f"@{codes[folder]}", other, "centre_cursors WHERE centre")
                   for folder in self.folders for other in self.folders if other != folder]
        readers += [(folder, code, self.folders[i], "news_cursors WHERE name")
                    for folder, code, _, i in self.agencies]
        found = []
        for reader, name, teller, cursor in readers:
            try:
                told = self.count(teller, "SELECT coalesce(max(sequence), 0) FROM news WHERE "
                                          f"org_code = '{name}'")
                read = self.count(reader, f"SELECT coalesce(max(sequence), 0) FROM {cursor} = "
                                          f"'{codes[teller]}'")
            except sqlite3.OperationalError as trouble:
                found.append(f"{reader}: {trouble}")
                continue
            if told != read:
                found.append(f"{reader} has read {read} of {told} news of {teller}")
        return found


class CentresClerk(Clerk):
    """Sends from its agency to one agency of every centre."""

    def __init__(self, exchange, folder):
        super().__init__(exchange, folder)
        names = {agency[0]: agency for agency in exchange.agencies}
        _, self.sender, name, _ = names[folder]
        self.to = [names[letter] for letter in "bce" if letter in names and letter != folder]
        if folder == "e":
            self.to.append(names["d"])
        self.recipients = [code for _, code, _, _ in self.to]
        self.number = SENDERS.index(folder) * 1_000_000
        self.di = self.di.replace("測試部", name).replace("T01000000A", self.sender)
        self.di = self.between(self.di, "正本", "".join(
            f"\n    <全銜>{n}</全銜>" for _, _, n, _ in self.to) + "\n  ")
        self.sw = self.between(self.sw, "交換表單", "".join(
            f'\n  <全銜>{n}</全銜>\n  <機關代碼>{code}</機關代碼>\n'
            '  <本別><收發處理本別 代碼="正本"/></本別>' for _, code, n, _ in self.to) + "\n")

    @staticmethod
    def between(text, element, content):
        before, rest = text.split(f"<{element}>", 1)
        after = rest.split(f"</{element}>", 1)[1]
        return f"{before}<{element}>{content}</{element}>{after}"


