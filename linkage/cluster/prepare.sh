# Sourced by `run` and `test`: Java, a Python with pyspark, and the kernel. Sets `python` and `kernel`.

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if ! command -v java >/dev/null; then
    echo "$0: Spark needs Java 17 or later (Debian: openjdk-17-jre-headless)" >&2
    exit 2
fi

# A Python that has requirements.txt may be given; else a virtual environment is made here, once.
python="${MUSUBI_SPARK_PYTHON:-}"
if [ -z "$python" ]; then
    python="$here/venv/bin/python"
    if [ ! -e "$here/venv/complete" ]; then
        echo "$0: installing pyspark into $here/venv, once" >&2
        python3 -m venv --clear "$here/venv"
        "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
        touch "$here/venv/complete"
    fi
fi

kernel="${MUSUBI_LINKAGE_KERNEL:-}"
if [ -z "$kernel" ]; then
    cargo build --quiet --release --manifest-path "$here/kernel/Cargo.toml"
    kernel="${CARGO_TARGET_DIR:-$here/kernel/target}/release/linkage-kernel"
fi
export PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" PYSPARK_PYTHON="${PYSPARK_PYTHON:-$python}"
