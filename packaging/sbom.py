"""What a package is made of beside our own code: CycloneDX 1.5, without a clock or chance."""

import datetime
import functools
import json
import os
import pathlib
import re
import subprocess
import urllib.parse
import uuid

# Libraries of which code is compiled into our programs from their headers, where no loader sees it.
COMPILED_IN = ["libboost1.81-dev", "libcli11-dev", "nlohmann-json3-dev"]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def libraries_of(program):
    """Paths of all shared libraries that the loader brings."""
    return re.findall(r"(/\S+) \(0x", run("ldd", program))


@functools.cache
def package_of(library):
    """The Debian package that has the file; dpkg knows some by the path before /usr was merged."""
    real = os.path.realpath(library)
    for path in (real, real.removeprefix("/usr"), library):
        found = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True,
                               check=False)
        if found.returncode == 0:
            return found.stdout.split(": ")[0]
    raise LookupError(f"{library} belongs to no package")


def licence_of(name):
    """The short name for most files, where the copyright file can be read by a machine."""
    file = pathlib.Path("/usr/share/doc") / name / "copyright"
    if not file.exists():
        return None
    text = file.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^Files:\s*\*\s*\n(?:.+\n)*?License:[ \t]*(\S.*)$", text, re.M)
    return found[1].strip() if found else None


@functools.cache
def component_of(package, scope):
    asked = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}"
    name, version, architecture, source, source_version = run(
        "dpkg-query", "-W", f"-f={asked}", package).split("\t")
    purl = (f"pkg:deb/debian/{urllib.parse.quote(name)}@{urllib.parse.quote(version, safe='')}"
            f"?arch={architecture}&distro=debian-12")
    component = {"type": "library", "bom-ref": purl, "name": name, "version": version,
                 "purl": purl, "scope": "required",
                 "properties": [{"name": "yizhan:linked", "value": scope},
                                {"name": "debian:source", "value": f"{source} {source_version}"}]}
    if licence := licence_of(name):
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def bill_of(name, version, epoch, programs):
    packages = {package_of(library) for program in programs for library in libraries_of(program)}
    components = [component_of(package, "dynamic") for package in packages]
    if programs:
        components += [component_of(package, "compiled in") for package in COMPILED_IN]
    components.sort(key=lambda component: component["bom-ref"])
    own = f"pkg:deb/yizhan/{name}@{version}"
    when = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    bill = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
                     "component": {"type": "application", "bom-ref": own, "name": name,
                                   "version": version, "purl": own,
                                   "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [one["bom-ref"] for one in components]}],
    }
    content = json.dumps(bill, ensure_ascii=False, sort_keys=True)
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, content).urn
    return json.dumps(bill, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
