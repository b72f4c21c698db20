"""What needs no broker; PythonClientTests.swift runs this, and the client against a node."""

import datetime
import json
import os
import sys
import tempfile
import unittest
from unittest import mock

from optimizer_client import BadRequest, BadResponse, RequestFailed, Result, SweepFailed, SweepResult, bars, request
from optimizer_client import to_dataframe
from optimizer_client.client import Client, Future
from optimizer_client.connection import Settings
from optimizer_client.messages import encode
from optimizer_client.sweeps import SweepProgram

try:
    import pandas
except ImportError:
    pandas = None

needs_pandas = unittest.skipIf(pandas is None, "needs pandas")


def result(request_id="r", status="completed", parameters=None, statistics=None, **members):
    strategy = {"name": "s", "parameters": parameters or {}}
    return Result(request_id=request_id, status=status, strategy=strategy, statistics=statistics or {}, **members)


class Record:
    """A record as confluent-kafka gives it."""

    def __init__(self, topic, value, **headers):
        self.topic, self.value, self.partition, self.offset = lambda: topic, lambda: value, lambda: 2, lambda: 7
        self.headers = lambda: [(name.replace("__", "-"), text) for name, text in headers.items()]


class RequestTests(unittest.TestCase):
    def test_a_name_is_a_data_set_and_members_stay_as_they_are(self):
        made = request("sma", "spy", parameters={"fast": 2}, request_id="a", labels={"desk": "fx"})
        self.assertEqual(made["strategy"], {"name": "sma", "parameters": {"fast": 2}})
        self.assertEqual(made["data"], {"dataset": "spy"})
        self.assertEqual((made["request_id"], made["labels"]), ("a", {"desk": "fx"}))
        self.assertEqual(request("sma", {"dataset": "x", "end": "2020-01-01"})["data"]["end"], "2020-01-01")

    def test_what_has_no_form_in_json_is_refused_with_the_id(self):
        for value in (float("nan"), float("inf"), object(), datetime.datetime(2020, 1, 1)):
            with self.assertRaisesRegex(BadRequest, "^a cannot be written as JSON"):
                encode(request("s", parameters={"x": value}, request_id="a"))

    def test_numbers_of_numpy_become_those_of_python(self):
        class Scalar:
            def tolist(self):
                return [1, 2]

        self.assertEqual(json.loads(encode({"x": Scalar()})), {"x": [1, 2]})

    def test_what_is_no_frame_is_refused_with_what_would_be_one(self):
        with self.assertRaisesRegex(BadRequest, "columns Open, High, Low and Close"):
            request("s", 3)

    @needs_pandas
    def test_a_frame_becomes_inline_bars_in_utc(self):
        index = pandas.DatetimeIndex(["2020-01-01 19:00", "2020-01-02 19:00"], tz="America/New_York")
        frame = pandas.DataFrame({"Open": [1.0, 2], "High": [3.0, 3], "LOW": [1.0, 1], "close": [2.0, 2]}, index)
        inline = bars(frame, "1d")["inline"]
        self.assertEqual(inline["time"], [1577923200000, 1578009600000])
        self.assertEqual((inline["open"], inline["low"], inline["timeframe"]), ([1.0, 2.0], [1.0, 1.0], "1d"))
        self.assertNotIn("volume", inline)
        self.assertEqual(bars(frame.tz_convert("UTC").tz_localize(None))["inline"]["time"], inline["time"])


class ResultTests(unittest.TestCase):
    def test_what_is_no_result_is_said_with_its_place(self):
        for value in (None, b"", b"[]", b"{", b'{"request_id":"r"}', b'{"request_id":1,"status":"completed"}'):
            with self.assertRaisesRegex(BadResponse, r"at results\[2\]@7 is no result"):
                Result.parse(value, "results[2]@7")

    @needs_pandas
    def test_results_are_rows_and_no_column_hides_another(self):
        frame = to_dataframe([
            result("a", parameters={"fast": 1, "beta": 9}, statistics={"beta": 0.5}),
            result("b", "rejected", error={"message": "no"}),
        ])
        self.assertEqual(list(frame.index), ["a", "b"])
        self.assertEqual(tuple(frame.loc["a", ["fast", "beta", "parameters.beta"]]), (1, 0.5, 9))
        self.assertEqual(frame.loc["b", "error"], "no")
        self.assertEqual(len(to_dataframe([])), 0)

    @needs_pandas
    def test_trades_and_curve_are_there_where_they_were_asked_for(self):
        with self.assertRaisesRegex(BadRequest, '"output": {"trades": true}'):
            result().trades()
        curve = result(equity_curve={"time": [0, 86_400_000], "equity": [1.0, 2.0]}).equity_curve()
        self.assertEqual(curve["1970-01-02"], 2.0)
        curve = result(equity_curve={"time": ["1970-01-02", "1970-01-02T12:00:00.000Z"], "equity": [1.0, 2.0]})
        self.assertEqual(list(curve.equity_curve().index.hour), [0, 12])
        self.assertEqual(len(result(trades=[]).trades()), 0)
        times = ["2010-01-04", "2010-01-04T15:30:00Z"]
        trades = result(trades=[{"entry_time": time, "pnl": 3} for time in times]).trades()
        self.assertEqual(list(trades["entry_time"].map(str)), ["2010-01-04 00:00:00", "2010-01-04 15:30:00"])


class EndTests(unittest.TestCase):
    """What becomes of a request when a record comes."""

    def setUp(self):
        with mock.patch("optimizer_client.client.Connection"), mock.patch.dict(os.environ, clear=True):
            self.client = Client()
        self.future = self.client._pending["c"] = Future(self.client, "r")

    def end(self, topic, value, **headers):
        self.client._take(Record(topic, value, **{"correlation__id": b"c", **headers}))

    def test_the_result_ends_it_where_there_is_one_beside_the_dead_letter(self):
        self.end("optimizer.dead-letters", b"?", optimizer_error_code=b"host_crashed")
        self.assertIn("c", self.client._pending)
        self.end("optimizer.results", b'{"request_id":"r","status":"crashed","error":{"code":"host_crashed","message":"m"}}')
        self.assertEqual(self.future.exception().status, "crashed")

    def test_a_dead_letter_ends_it_with_its_error(self):
        self.end(
            "optimizer.dead-letters", b"?", optimizer_error_code=b"result_refused", optimizer_error_message=b"too long",
            optimizer_retryable=b"true")
        error = self.future.exception()
        self.assertIsInstance(error, RequestFailed)
        self.assertEqual((error.code, error.message, error.retryable), ("result_refused", "too long", True))
        self.assertEqual(str(error), "r failed (result_refused): too long [optimizer.dead-letters[2]@7]")

    def test_a_result_that_is_not_completed_raises_with_the_result(self):
        text = b'{"request_id":"r","status":"crashed","error":{"code":"host_crashed","message":"m","details":"d"}}'
        self.end("optimizer.results", text)
        with self.assertRaises(RequestFailed) as raised:
            self.future.result()
        self.assertEqual((raised.exception.status, raised.exception.details), ("crashed", "d"))
        self.assertEqual(raised.exception.result.status, "crashed")

    def test_a_response_that_is_none_ends_it(self):
        self.end("optimizer.results", b"{")
        self.assertIsInstance(self.future.exception(), BadResponse)

    def test_what_answers_others_is_passed_over_and_the_first_answer_counts(self):
        completed, failed = (b'{"request_id":"r","status":"%s"}' % status for status in (b"completed", b"failed"))
        self.end("optimizer.results", failed, correlation__id=b"d")
        self.client._take(Record("optimizer.results", failed))
        self.assertFalse(self.future.done())
        self.end("optimizer.results", completed)
        self.end("optimizer.results", failed)
        self.assertTrue(self.future.result().is_completed)


class SettingsTests(unittest.TestCase):
    def test_what_is_given_goes_before_the_environment(self):
        environment = {
            "OPTIMIZER_KAFKA_BOOTSTRAP_SERVERS": "a:1", "OPTIMIZER_KAFKA_CLIENT_SASL_USERNAME": "u",
            "OPTIMIZER_KAFKA_CLIENT_SECURITY_PROTOCOL": "ssl", "OPTIMIZER_KAFKA_TOPICS_RESULTS": "x",
        }
        with mock.patch.dict(os.environ, environment, clear=True):
            properties = {"security.protocol": "sasl_ssl", "enable.ssl.certificate.verification": False}
            settings = Settings(None, properties, {})
            self.assertEqual(Settings("b:2", None, {"results": "y"}).brokers, "b:2")
            self.assertEqual(Settings("b:2", None, {"results": "y"}).topics["results"], "y")
        self.assertEqual((settings.brokers, settings.topics["results"]), ("a:1", "x"))
        self.assertEqual(settings.topics["requests"], "optimizer.requests")
        self.assertEqual(settings.properties["sasl.username"], "u")
        self.assertEqual(settings.properties["security.protocol"], "sasl_ssl")
        self.assertEqual(settings.properties["enable.ssl.certificate.verification"], "false")

    def test_a_secret_may_lie_in_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("hush\n")
            file.flush()
            properties = Settings(None, {"sasl.password": f"file:{file.name}"}, None).properties
        self.assertEqual(properties["sasl.password"], "hush")
        with self.assertRaisesRegex(BadRequest, "sasl.password names a file that cannot be read"):
            Settings(None, {"sasl.password": f"file:{file.name}"}, None)

    def test_a_topic_that_is_none_is_refused(self):
        with self.assertRaisesRegex(BadRequest, '"dead_letters"; there are requests, results, deadLetters'):
            Settings(None, None, {"dead_letters": "x"})
        with self.assertRaisesRegex(BadRequest, "only deadLetters may be None"):
            Settings(None, None, {"results": None})
        self.assertIsNone(Settings(None, None, {"deadLetters": None}).topics["deadLetters"])


class SweepTests(unittest.TestCase):
    def sweep(self, **members):
        grid = [
            {"name": "a", "min": 0.1, "max": 0.5, "step": 0.1, "count": 5},
            {"name": "b", "values": ["x", "y"], "count": 2},
            {"name": "c", "min": 1, "max": 3, "step": 1, "count": 3},
        ]
        steps = {"of": 1, "completed": 1, "failed": []}
        return SweepResult({
            "optimization_id": "s", "grid": grid, "steps": steps, "top": [], "counts": {},
            "objective": {"target": "beta"}, **members})

    def test_a_number_is_the_set_that_the_nodes_mean(self):
        self.assertEqual(self.sweep().parameters_of(17), {"a": 0.3, "b": "y", "c": 3})
        self.assertEqual(self.sweep().parameters_of(0), {"a": 0.1, "b": "x", "c": 1})

    def test_a_sweep_that_says_no_search_is_of_the_whole_grid(self):
        self.assertEqual(self.sweep(search=None).parameters_of(17), {"a": 0.3, "b": "y", "c": 3})

    def test_the_best_of_none_says_what_was_counted(self):
        with self.assertRaisesRegex(SweepFailed, "no set of s is ranked"):
            self.sweep().best

    def test_a_place_is_counted_in_decimals_where_the_engine_does(self):
        grid = [{"name": "a", "min": 100.1, "max": 100.5, "step": 4e-7, "count": 1000001}]
        sweep = self.sweep(grid=grid)
        values = [sweep.parameters_of(place)["a"] for place in (0, 1, 3, 333333, 1000000)]
        self.assertEqual(values, [100.1, 100.1000004, 100.1000012, 100.2333332, 100.5])
        # Digits too far apart: in doubles, and never beyond the end.
        apart = self.sweep(grid=[{"name": "a", "min": 1e-300, "max": 0.35, "step": 0.1, "count": 5}])
        self.assertEqual([apart.parameters_of(place)["a"] for place in (3, 4)], [0.30000000000000004, 0.35])

    def test_a_drawn_set_is_where_the_heat_map_says(self):
        sweep = self.sweep(search={"method": "sobol", "sets": 2, "seed": None}, heatmap=[[1, 0.5, [2, 1, 0]]])
        self.assertEqual(sweep.parameters_of(1), {"a": 0.3, "b": "y", "c": 1})
        with self.assertRaisesRegex(BadRequest, "draws its sets, and has no set 0 in a heat map"):
            sweep.parameters_of(0)

    @needs_pandas
    def test_sets_are_rows_and_the_heat_map_is_a_series_over_the_grid(self):
        entry = {
            "index": 4, "parameters": {"a": 1}, "objective": 2.0, "statistics": {"beta": 2.0},
            "out_of_sample": {"beta": 3.0}}
        frame = self.sweep(top=[entry, {**entry, "index": 5, "out_of_sample": None}]).to_dataframe()
        self.assertEqual(tuple(frame.loc[4]), (2.0, 1, 2.0, 3.0))
        self.assertEqual(list(frame.columns), ["objective", "a", "beta", "out_of_sample.beta"])
        self.assertTrue(pandas.isna(frame.loc[5, "out_of_sample.beta"]))
        own = {"dataset": "one", "objective": 1.0, "statistics": {"beta": 1.5}, "out_of_sample": None}
        several = [own, {**own, "dataset": "two", "out_of_sample": {"beta": 0.5}}]
        frame = self.sweep(top=[{**entry, "datasets": several}]).datasets_dataframe()
        self.assertEqual(list(frame.index), [(4, 0), (4, 1)])
        self.assertEqual(tuple(frame.loc[(4, 1)]), ("two", 1.0, 1, 1.5, 0.5))
        self.assertEqual(len(self.sweep(top=[entry]).datasets_dataframe()), 0)
        heatmap = self.sweep(heatmap=[[0, 0.5], [17, None]]).heatmap()
        self.assertEqual((heatmap.name, heatmap[0.1, "x", 1]), ("beta", 0.5))
        self.assertTrue(pandas.isna(heatmap[0.3, "y", 3]))
        drawn = self.sweep(heatmap=[[0, 0.5, [2, 1, 0]]]).heatmap()
        self.assertEqual(drawn[0.3, "y", 1], 0.5)
        with self.assertRaisesRegex(BadRequest, '"heatmap": true'):
            self.sweep(heatmap=None).heatmap()

    @needs_pandas
    def test_a_set_that_was_drawn_twice_is_one_row(self):
        cells = [[0, 0.5, [2, 1, 0]], [1, 0.7, [0, 0, 0]], [2, 0.5, [2, 1, 0]], [3, None, [0, 1, 2]]]
        heatmap = self.sweep(search={"method": "sobol", "sets": 4, "seed": None}, heatmap=cells).heatmap()
        self.assertEqual(len(heatmap), 3)
        self.assertEqual(heatmap.unstack().loc[(0.3, "y"), 1], 0.5)

    def test_no_secret_is_a_word_of_the_command(self):
        settings = Settings("b:1", {"sasl.password": "hush"}, None)
        run = mock.Mock(return_value=mock.Mock(returncode=0, stdout=b'{"optimization_id":"s"}'))
        with mock.patch("subprocess.run", run):
            program = SweepProgram(settings, sys.executable, None, "own.yml")
            self.assertEqual(program.submit({"strategy": {}}, None), "s")
        command, options = run.call_args[0][0], run.call_args[1]
        self.assertEqual(command[command.index("--config") + 1], "own.yml")
        self.assertNotIn("hush", " ".join(command))
        self.assertEqual(options["env"]["OPTIMIZER_KAFKA_CLIENT_SASL_PASSWORD"], "hush")
        self.assertEqual(json.loads(options["input"])["type"], "optimization")

    def test_a_walk_forward_is_refused_before_anything_is_sent(self):
        program = SweepProgram(Settings("b:1", None, None), sys.executable, None)
        with mock.patch("subprocess.run") as run:
            for document in ({"walk_forward": {}}, '{"type": "optimization", "walk_forward": {}}'):
                with self.assertRaisesRegex(BadRequest, "optimizer results --walk-forward"):
                    program.submit(document, None)
        run.assert_not_called()

    def test_a_sweep_is_merged_from_where_its_results_begin(self):
        program = SweepProgram(Settings("b:1", None, None), sys.executable, None)
        merged = b'{"steps":{"of":1,"completed":1,"failed":[]}}'
        answers = [b'{"optimization_id":"s","results_from":"0:7"}', b'{"optimization_id":"s","results_from":null}']
        run = mock.Mock(side_effect=[mock.Mock(returncode=0, stdout=each) for each in [*answers, merged, merged]])
        with mock.patch("subprocess.run", run):
            for _ in answers:
                program.submit({"strategy": {}}, None)
            program.result("s", None)
            self.assertEqual(run.call_args[0][0][:6], [sys.executable, "results", "--sweep", "s", "--json", "--from"])
            self.assertEqual(run.call_args[0][0][6], "0:7")
            program.result("other", None)
            self.assertNotIn("--from", run.call_args[0][0])


if __name__ == "__main__":
    unittest.main()
