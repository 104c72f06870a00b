"""What a run has measured, as the tables of docs/performance.md, and as a picture."""

import waiting
from lab import CENTRE

MAIN = "100 KB, window 8"
TWO_CENTRES = "100 KB, window 8, through two centres"
BLOCK = "█"


def table(head, rows):
    def line(cells):
        return "| " + " | ".join(cells) + " |"
    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])


def cpu_of_centre(cpu):
    return sum(cpu.get(name, 0) for name in CENTRE)


def verdict(met):
    return "met" if met else "**not met**"


def by_process(result):
    floor, cpu = result["floor"]["cpu_ms"], result["loads"][MAIN]["cpu_ms"]
    alone = result["scan_alone"]["cpu_ms_per_document"]
    centre = floor["intake"] + floor["onward"] + floor["scanner"]
    rows = [("centre: exchange", floor["intake"] + floor["onward"], cpu["yizhan-exchange"], None),
            ("centre: scanner, its children, and the keys of both", floor["scanner"],
             cpu["yizhan-scanner"] + cpu["nursery"] + cpu["yizhan-keyholde"], None),
            ("centre, without clamd", centre, cpu_of_centre(cpu), 2.0),
            ("sender and recipient (`yizhan-load`)", floor["sender"] + floor["recipient"],
             cpu["yizhan-load"], None),
            ("clamd, floor: the same parts alone", alone, cpu["clamd"], 1.15)]
    return table(["one document of 100 KB, CPU in ms", "floor", "product", "ratio", "wanted"],
                 [[name, f"{least:.2f}", f"{spent:.2f}", f"{spent / least:.1f}",
                   "" if wanted is None else
                   f"{wanted}: {verdict(spent <= wanted * least)}"]
                  for name, least, spent, wanted in rows])


def stages(result):
    """Each stage with its floor and what it took. Intake and sealing are known from the run in
    which nothing else happened; what is left of a process after that is the stages behind."""
    floor, cpu = result["floor"]["cpu_ms"], result["loads"][MAIN]["cpu_ms"]
    intake = result["intake_alone"]["cpu_ms"]
    taken_in = intake["yizhan-exchange"]
    sent = intake["yizhan-load"]
    return [("seal and send (yizhan-load)", floor["sender"], sent),
            ("intake: submission to A.1", floor["intake"], taken_in),
            ("screen: scanner and children", floor["scanner"],
             cpu["yizhan-scanner"] + cpu["nursery"]),
            ("screen: clamd", result["scan_alone"]["cpu_ms_per_document"], cpu["clamd"]),
            ("route, hold, deliver, evidence, log", floor["onward"],
             max(cpu["yizhan-exchange"] - taken_in, 0)),
            ("keys, of all stages", 0, cpu["yizhan-keyholde"]),
            ("open and confirm (yizhan-load)", floor["recipient"],
             max(cpu["yizhan-load"] - sent, 0))]


def by_stage(result):
    return table(["stage, CPU in ms", "floor", "product", "ratio"],
                 [[name, f"{least:.2f}", f"{spent:.2f}", f"{spent / least:.1f}" if least else ""]
                  for name, least, spent in stages(result)])


def where_the_time_goes(result):
    rows = stages(result)
    unit = max(spent for _, _, spent in rows) / 30
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(f"    {name:{width}} {spent:6.2f} ms  {BLOCK * round(spent / unit)}"
                     for name, _, spent in rows)


def picture(result):
    """The same as SVG: a bar a stage, its floor in another colour before it."""
    rows = stages(result)
    unit = 480 / max(max(spent, least) for _, least, spent in rows)
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" width="860" '
             f'height="{40 + 34 * len(rows)}" font-family="sans-serif" font-size="13">',
             '<text x="10" y="20">CPU of one document of 100 KB by stage, in ms: '
             '<tspan fill="#c8b273">floor</tspan>, <tspan fill="#3f6e8c">product</tspan></text>']
    for place, (name, least, spent) in enumerate(rows):
        top = 36 + 34 * place
        lines += [f'<text x="10" y="{top + 17}">{name}</text>',
                  f'<rect x="290" y="{top}" width="{spent * unit:.1f}" height="24" '
                  'fill="#3f6e8c"/>',
                  f'<rect x="290" y="{top + 17}" width="{least * unit:.1f}" height="7" '
                  'fill="#c8b273"/>',
                  f'<text x="{296 + spent * unit:.1f}" y="{top + 17}">{spent:.2f}</text>']
    return "\n".join([*lines, "</svg>"]) + "\n"


def by_load(result):
    wanted = {"100 KB, window 8": lambda row: "400 a second: " +
              verdict(row["documents_per_second"] >= 400)}
    rows = []
    for name, row in result["loads"].items():
        late = row["latency_ms"]
        cells = [f"{late[kind]['p50']:.1f} / {late[kind]['p99']:.1f}" for kind in ("A.1", "D.1")]
        if name.endswith("a second"):
            cells.append("D.1 p99 under 500 at half load: " + verdict(late["D.1"]["p99"] < 500))
        else:
            cells.append(wanted.get(name, lambda _: "")(row))
        rows.append([name, f"{row['documents_per_second']:.1f}",
                     f"{cpu_of_centre(row['cpu_ms']):.2f}", f"{row['cpu_ms'].get('clamd', 0):.2f}",
                     f"{row['cpu_ms'].get('postgres', 0):.2f}", *cells])
    return table(["whole job", "documents a second", "CPU of the centre, ms", "of clamd",
                  "of PostgreSQL", "A.1 p50 / p99 ms", "D.1 p50 / p99 ms", "wanted"], rows)


def others(result):
    intake, floor = result["intake_alone"], result["floor"]["cpu_ms"]["intake"]
    spent = intake["cpu_ms"]["yizhan-exchange"] + intake["cpu_ms"]["yizhan-keyholde"]
    late = intake["latency_ms"]["A.1"]
    rows = [["intake alone, CPU of exchange and keys", f"{spent:.2f} ms, floor {floor:.2f}",
             f"2.0: {verdict(spent <= 2 * floor)}"],
            ["intake alone, A.1 p50 / p99", f"{late['p50']:.1f} / {late['p99']:.1f} ms", ""]]
    for row in result["syncs"]:
        most = 2 if row["window"] == 1 else 1
        rows.append([f"syncs of the exchange for a document, window {row['window']}",
                     f"{row['syncs_per_document']:.1f}", f"at most {most} a durable hop"])
    loads = result["loads"]
    for name, row in loads.items():
        if "recipients" in name:
            count = int(name.split(" to ")[1].split()[0])
            rows.append([f"{name}: scans, stored, CPU of the centre for each",
                         f"{row['scans']}, {row['stored_bytes'] / 1e6:.1f} MB, "
                         f"{cpu_of_centre(row['cpu_ms']) / count:.2f} ms",
                         f"body once: {verdict(row['scans'] == row['accepted'])}"])
    if "1000 MB" in loads:
        over = {name: held["over_idle_kib"] / 1024
                for name, held in loads["1000 MB"]["memory"].items() if name in CENTRE}
        rows.append(["1000 MB: most anonymous memory over idle, MB",
                     ", ".join(f"{name} {size:.0f}" for name, size in over.items()),
                     f"64 each: {verdict(max(over.values()) <= 64)}"])
        least = result["floor_1000_mb"]["cpu_ms"]
        least = least["intake"] + least["onward"] + least["scanner"]
        spent = cpu_of_centre(loads["1000 MB"]["cpu_ms"])
        rows.append(["1000 MB: CPU of the centre", f"{spent / 1000:.1f} s, floor "
                     f"{least / 1000:.1f} s", f"2.0: {verdict(spent <= 2 * least)}"])
    if "100 KB, ten minutes" in loads:
        row = loads["100 KB, ten minutes"]
        first, last = row["documents_per_second_first"], row["documents_per_second_last"]
        rows.append(["ten minutes: first and last minute, documents a second",
                     f"{first:.1f}, {last:.1f}", f"not below nine tenths: "
                     f"{verdict(last >= 0.9 * first)}"])
    return table(["", "measured", "wanted"], rows)


def beside_postfix(result):
    cpu = result["loads"][MAIN]["cpu_ms"]
    ours = cpu_of_centre(cpu)
    rows = []
    for name, peer, our in (("relay only", result["peer"], ours),
                            ("S/MIME, verified, scanned, with a receipt", result["sealed_peer"],
                             ours + cpu["clamd"])):
        spent = peer["cpu_ms_per_document"]
        parts = ", ".join(f"{part} {ms:.2f}" for part, ms in peer["cpu_ms"].items())
        rows.append([name, f"{peer['documents_per_second']:.0f}", f"{spent:.2f} ({parts})",
                     f"{1000 / spent:.0f}", f"{our:.2f}", f"{1000 / our:.0f}"])
    return table(["Postfix", "documents a second", "CPU, ms", "documents a CPU second",
                  "ours, CPU, ms", "ours, documents a CPU second"], rows)


def by_centre(result):
    """What each centre spends on a document that passes through both, beside one centre alone."""
    one = result["loads"][MAIN]
    both = result["loads"][TWO_CENTRES]
    near, far = (both["cpu_ms_by_centre"][name] for name in ("centre", "centre-2"))
    rows = []
    for name, parts in (("exchange", ("yizhan-exchange",)),
                        ("scanner and children", ("yizhan-scanner", "nursery")),
                        ("keys of both", ("yizhan-keyholde",)), ("all, without clamd", CENTRE)):
        spent = [sum(cpu.get(part, 0) for part in parts) for cpu in (one["cpu_ms"], near, far)]
        rows.append([name, *(f"{ms:.2f}" for ms in spent)])
    rows.append(["clamd (both use one)", f"{one['cpu_ms']['clamd']:.2f}",
                 f"{both['cpu_ms']['clamd']:.2f} for both", ""])
    late = [row["latency_ms"]["D.1"] for row in (one, both)]
    rows.append(["D.1 p50 / p99 ms", *(f"{row['p50']:.1f} / {row['p99']:.1f}" for row in late), ""])
    rows.append(["documents a second",
                 *(f"{row['documents_per_second']:.1f}" for row in (one, both)), ""])
    return table(["CPU of one document of 100 KB, ms", "one centre", "two: the sender's",
                  "two: the recipient's"], rows)


def of_waiting(result):
    measured = result["waiting"]
    figures = waiting.figures_of(measured)
    row = measured["rounds"][1]
    woken, many = row["woken"], row["fanned_out"]

    def late(phase, since):
        found = phase[since]
        return f"{found['p50']:.0f} / {found['p99']:.0f} / {found['max']:.0f} ms"
    rows = [["anonymous memory of the exchange while they wait",
             f"{figures['anonymous_mib']:.0f} MiB (RSS {figures['rss_mib']:.0f}, PSS "
             f"{figures['pss_mib']:.0f})",
             f"2048 MiB for 40,000: {verdict(figures['anonymous_mib'] <= 2048)}"],
            ["before they came, with their directory", f"{figures['before_mib']:.0f} MiB", ""],
            ["for each more that waits", f"{figures['each_kib']:.1f} KiB, and "
             f"{figures['kernel_each_kib']:.1f} KiB of the kernel", ""],
            ["after they have gone", f"{figures['after_mib']:.0f} MiB", ""],
            ["as many again: while they wait, afterwards",
             f"{figures['again_mib']:.0f} MiB, {figures['again_after_mib']:.0f} MiB",
             "not 5 % more: " + verdict(figures["again_mib"] <= 1.05 * figures["anonymous_mib"])],
            ["CPU of the exchange while nothing comes",
             f"{100 * figures['cpu_share']:.1f} % of a core, {figures['answers_a_second']:.0f} "
             "answers a second", ""],
            ["until all wait", f"{figures['connect_seconds']:.0f} s", ""],
            ["wake-up, 100 documents to one each, D.1 to news p50 / p99 / max",
             late(woken, "from_consignment_ms"),
             f"p99 under 1 s: {verdict(woken['from_consignment_ms']['p99'] < 1000)}"],
            ["the same, from its submission", late(woken, "from_submission_ms"), ""],
            [f"one document to {many['from_consignment_ms']['count']} of them, from its D.1",
             late(many, "from_consignment_ms"), ""],
            ["the same, from its submission", late(many, "from_submission_ms"), ""],
            ["anonymous memory of `yizhan-load`", f"{figures['load_mib']:.0f} MiB", ""]]
    if measured["file_limit"]:
        rows.append([f"{measured['wanted']:,} at what each costs more (arithmetic: the system allows "
                     f"{measured['file_limit']:,} files a process)",
                     f"{waiting.for_wanted_mib(measured):.0f} MiB", ""])
    return table([f"{figures['terminals']:,} terminals wait", "measured", "wanted"], rows)


def page(result):
    if "machine" not in result:  # a part alone
        return "\n\n".join(made(result) for name, made in PARTS.items() if name in
                           result.get("parts", {}))
    where = result["machine"]
    parts = [f"{where['time'][:10]}, {where['cores']} cores ({where['cpu']}), "
             f"{where['memory_gib']} GiB, Linux {where['kernel']}; the sources of commit "
             f"{where['commit']}. Load before the run: {where['load_average_before']:.1f}.",
             by_process(result), by_stage(result), by_load(result), others(result)]
    if TWO_CENTRES in result["loads"]:
        parts.append(by_centre(result))
    if "waiting" in result:
        parts.append(of_waiting(result))
    if "peer" in result:
        parts.append(beside_postfix(result))
    parts += ["CPU of one document by stage:", where_the_time_goes(result)]
    return "\n\n".join(parts)


PARTS = {"two-centres": by_centre, "waiting": of_waiting}
