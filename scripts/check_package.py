"""Build the wheel and the sdist and compare what is in them with the package's folder."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "dfws_html"


def package_files() -> set[str]:
    """Every file of the package's folder that an installed package must have."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def built_files(folder: Path) -> dict[str, set[str]]:
    """The files in each built archive, without its metadata."""
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as archive:
        in_sdist = {member.name.partition("/")[2] for member in archive if member.isfile()}
    metadata = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    return {wheel.name: in_wheel, sdist.name: in_sdist - metadata}


def main() -> int:
    """Print what is missing or too much; 0 if nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-d", folder],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        built = built_files(Path(folder))
    wanted = package_files()
    faults = []
    for archive, files in built.items():
        faults += [f"{archive}: {name} is missing" for name in wanted - files]
        faults += [f"{archive}: {name} is too much" for name in files - wanted]
    if f"{PACKAGE}/py.typed" not in wanted:
        faults.append(f"{PACKAGE}/py.typed does not exist")
    print("\n".join(sorted(faults)) or f"{', '.join(built)}: {len(wanted)} files each")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
