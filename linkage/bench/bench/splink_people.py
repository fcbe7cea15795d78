"""Links a file of people with Splink on DuckDB, as one who knows it well would; tells the time of each phase.

Run by `bench.run` in a process of its own: `python -m bench.splink_people MODEL PEOPLE.csv OUT`.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import duckdb
from splink import DuckDBAPI, Linker, block_on

from bench.measure import Phases
from bench.model_file import read_model
from bench.splink_model import settings, training_rules

#: Pairs drawn at random for u; Splink warns of fewer, and its early stop mostly ends before them.
U_PAIRS = 1e7
#: Pairs of a rule that EM looks at.
EM_PAIRS = 1e6
#: Pairs below this probability are not written.
WRITTEN_MIN = 0.01
#: The threshold, in bits, of the clusters that are timed: about the best on these data, which only their truth tells.
CLUSTERED_BITS = 15.0

COLUMNS = "{record_id: 'INTEGER', given_name: 'VARCHAR', surname: 'VARCHAR', date_of_birth: 'DATE', city: 'VARCHAR', " \
    "postcode: 'VARCHAR', email: 'VARCHAR', person_id: 'INTEGER'}"


def link(model_file: Path, people: Path, out: Path) -> None:
    """Writes `pairs.parquet` (l, r, bits), `clusters.parquet` (record, cluster) and `phases.json` into `out`."""
    phases = Phases()
    model = read_model(model_file)
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    with phases.phase("read"):
        source = f"'{people}'" if people.suffix == ".parquet" else f"read_csv('{people}', columns = {COLUMNS}, header = true)"
        connection.execute(f"create table people as select * exclude person_id from {source}")
        api = DuckDBAPI(connection)
        linker = Linker(api.register("people"), settings(model), log_level=logging.ERROR)
    with phases.phase("prior and u"):
        sure = [block_on("email"), block_on("given_name", "surname", "date_of_birth")]
        linker.training.estimate_probability_two_random_records_match(sure, recall=0.75)
        linker.training.estimate_u_using_random_sampling(max_pairs=U_PAIRS)
    with phases.phase("EM"):
        for rule in training_rules(model):
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, estimate_without_term_frequencies=True, max_pairs=EM_PAIRS)
    with phases.phase("block and score"):
        pairs = linker.inference.predict(threshold_match_probability=WRITTEN_MIN)
    with phases.phase("cluster"):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_weight=CLUSTERED_BITS)
    with phases.phase("write"):
        write = "copy (select {} from {}) to '{}' (format parquet)"
        what = "record_id_l as l, record_id_r as r, match_weight as bits"
        connection.execute(write.format(what, pairs.physical_name, out / "pairs.parquet"))
        connection.execute(write.format("record_id as record, cluster_id as cluster", clusters.physical_name, out / "clusters.parquet"))
    (out / "phases.json").write_text(json.dumps(phases.told))


if __name__ == "__main__":
    link(*(Path(argument) for argument in sys.argv[1:4]))
