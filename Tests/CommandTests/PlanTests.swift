import Messages
import TestSupport
import Testing

@Suite(.machine) struct PlanTests {
    @Test func aPersonGetsNodesSlotsPartitionsMemoryLatencyAndLag() throws {
        let outcome = try Program.run(["plan", "--rate", "50000", "--step-ms", "20"])
        #expect(outcome.code == 0, "\(outcome.words)")
        for line in [
            /nodes +287 +the busiest 70 % busy with 174 a second, as are all/, /slots +1,435 +5 each; 1,000 busy/,
            /partitions +861 +3 for each node/, /memory +[0-9,]+ GB +at most; a node 2,752 MB/,
            /latency +[0-9.]+ ms +P50; P95 [0-9]+ ms/, /lag +[0-9,]+ +records at a time/,
            /a node that dies: .* 15.0 s, 2,613 records; then the busiest of the others is 93 % busy/,
            /note: 11,480 commits a second .* commit\.intervalMs=75 makes it/,
        ] {
            #expect(outcome.output.contains(line), "\(outcome.output)")
        }
    }

    @Test func aProgramGetsTheSameAsOneObject() throws {
        let words = ["plan", "--rate", "400", "--step-ms", "5", "--variation", "0", "--slots", "4", "--json"]
        let plan = try #require(objects(Program.run(words).output).first)
        #expect(plan["nodes"]?.integer == 1 && plan["slots"]?.integer == 4 && plan["node_away"] == .null)
        let mean = try #require(plan["latency_ms"]?["mean"]?.double)
        let wait = try #require(plan["wait_ms"]?["mean"]?.double)
        #expect(abs(mean - wait - 5.021) < 0.002 && wait > 0)
        #expect(plan["lag_records"]?.double.map { abs($0 - 400 * (mean + 25) / 1000) < 0.1 } == true)
    }

    @Test(arguments: [("16", 16), ("2", 5)])
    func whoNamesOnlyProcessorsGetsTheSlotsOfANodeThatHasThem(_ processors: String, slots: Int) throws {
        let words = ["plan", "--rate", "1000", "--step-ms", "20", "--processors", processors, "--json"]
        #expect(try objects(Program.run(words).output).first?["slots_per_node"]?.integer == slots)
    }

    @Test func theHeadroomIsSaidAsItWasGiven() throws {
        let outcome = try Program.run(["plan", "--rate", "1000", "--step-ms", "20", "--headroom", "29"])
        #expect(outcome.output.contains("29 % of each node free"), "\(outcome.output)\(outcome.words)")
    }

    @Test func theConfigurationSaysWhatANodeIs() throws {
        let sets = ["pool.maxConcurrentStrategies=8", "limits.memoryMB=64", "kafka.consumer.session.timeout.ms=9000"]
        let words = ["plan", "--rate", "1000", "--step-ms", "20", "--json"] + sets.flatMap { ["--set", $0] }
        let plan = try #require(objects(Program.run(words).output).first)
        #expect(plan["slots_per_node"]?.integer == 8)
        #expect(plan["node_away"]?["seconds"]?.double == 9)
        let own = try #require(plan["memory_mb_per_node"]?.integer) - 8 * 64
        #expect(own > 96)
    }

    @Test(arguments: [
        (["--partitions", "100"], "100 partitions give work to 100 nodes at most"),
        (["--keys", "5000", "--busiest-key", "1"], "the busiest key alone has 500 requests a second"),
        (["--keys", "20"], "the busiest key alone has 2,500"),
        (
            ["--set", "ordering=key", "--keys", "1000", "--busiest-key", "5"],
            "the busiest key has 2,500 requests a second, which under ordering run one after the other, 35 at most with 30 %"
        ),
        (["--rate", "5000000"], "it takes 28,602 nodes at least, and a plan is made for 20,000 at most"),
        (["--set", "ordering=partition", "--partitions", "1000"], "it takes 1,429 partitions, not 1,000"),
    ])
    func whatNoNumberOfNodesDoesIsSaid(_ words: [String], _ reason: String) throws {
        let outcome = try Program.run(["plan", "--rate", "50000", "--step-ms", "20"] + words)
        #expect(outcome.code == 1 && outcome.words.contains(reason), "\(outcome.words)")
    }

    @Test(arguments: [
        (["--set", "ordering=key"], "give --keys"),
        (["--set", "ordering=partition"], "wait longer than is said above"),
        (["--rate", "17000", "--keys", "1000"], "without keys, or with many more of them, 98 nodes would do"),
        // 2,858 nodes may commit 40 times a second each, and 10,000 requests are done.
        (
            ["--rate", "10000", "--step-ms", "1000"],
            "10,000 commits a second go to the one broker that coordinates the group: commit.intervalMs=575 makes it 4,970"
        ),
        (["--slots", "8", "--processors", "2"], "8 slots on 2 processors"),
    ])
    func whatElseItMeetsIsNoted(_ words: [String], _ note: String) throws {
        let outcome = try Program.run(["plan", "--rate", "1000", "--step-ms", "20"] + words)
        #expect(outcome.code == 0 && outcome.output.contains(note), "\(outcome.output)\(outcome.words)")
    }

    @Test(arguments: [
        [], ["--rate", "0", "--step-ms", "1"], ["--rate", "nan", "--step-ms", "1"],
        ["--rate", "1", "--step-ms", "inf"],
        ["--rate", "1", "--step-ms", "1", "--headroom", "100"],
        ["--rate", "1", "--step-ms", "1", "--busiest-key", "5"],
        ["--rate", "1", "--step-ms", "1", "--partitions", "0"], ["--rate", "1", "--step-ms", "1", "more"],
    ])
    func aWrongCallIsNamed(_ words: [String]) throws {
        #expect(try Program.run(["plan"] + words).code == 64)
    }
}
