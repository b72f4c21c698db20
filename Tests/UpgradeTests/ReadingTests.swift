import Kafka
import Messages
import TestSupport
import Testing

@testable import Scheduling
@testable import Strategies
@testable import optimizer

/// This version with what each version has left, its own among them.
@Suite struct ReadingTests {
    @Test func thisVersionAndTheFirstAreRead() {
        let versions = Fixtures.all.map(\.version)
        #expect(versions.contains(Fixtures.before.version) && versions.contains(Fixtures.current.version))
    }

    /// Of each format what was kept: a version that is released writes nothing else any more.
    @Test(arguments: Fixtures.all) func whatAVersionHasLeftIsAllThereAsItWas(_ fixtures: Fixtures) throws {
        let (found, kept) = try fixtures.sums()
        #expect(
            found == kept,
            "of this version, which is not released: sha256sum *.jsonl > SHA256SUMS in Fixtures/\(fixtures.version)")
    }

    // MARK: Commits

    @Test(arguments: Fixtures.all) func aCommitSaysWhatItSaid(_ fixtures: Fixtures) throws {
        for line in try fixtures.values(.commits) {
            let metadata = try CommitMetadataCodec.decode(try #require(line["text"]?.string))
            for (name, value) in metadata.members { #expect(line[name] ?? .array([]) == value, "\(line.text)") }
        }
    }

    /// What a commit says to be done is not run again, all else is; and once its last record is seen the next commit
    /// passes it.
    @Test(arguments: Fixtures.all) func aNodeThatTakesAPartitionOverRunsWhatItsCommitLeavesUndone(
        _ fixtures: Fixtures
    ) throws {
        var taken = 0
        for line in try fixtures.values(.commits) {
            let metadata = try CommitMetadataCodec.decode(try #require(line["text"]?.string))
            // Of several maps each is of another log.
            guard metadata.maps.count == 1, let map = metadata.maps.first, map.last.offset < 10_000 else { continue }
            var book = LedgerBook()
            book.assign([0], at: MonotonicTime(nanoseconds: 0))
            book.claim(0, metadata)
            for offset in map.first.offset...map.last.offset {
                let known = [map.first, map.last].first { $0.offset == offset }
                let answer = book.take(partition: 0, offset: offset, digest: known?.digest ?? UInt64(offset))
                #expect((answer == .doneBefore) == map.contains(offset), "\(offset)")
                taken += 1
            }
        }
        #expect(taken > 0)
    }

    @Test(arguments: Fixtures.all) func aRecordIsTheOneThatACommitNames(_ fixtures: Fixtures) throws {
        for line in try fixtures.values(.recordDigests) {
            let record = KafkaRecord(
                partition: 0, offset: 0, timestampMs: line["time"]?.integer.map(Int64.init),
                key: line["key"]?.string.map { Array($0.utf8) }, value: line["value"]?.string.map { Array($0.utf8) },
                headers: [])
            #expect(String(record.digest) == line["digest"]?.string, "\(line.text)")
        }
    }

    // MARK: Requests

    @Test(arguments: Fixtures.all) func aRequestIsTaken(_ fixtures: Fixtures) throws {
        for line in try fixtures.lines(.requests) {
            let request = try StrategyRequest.parse(Array(line.utf8))
            #expect(throws: Never.self, "\(line)") { try HostedRequestCheck.check(request) }
        }
    }

    /// A node runs steps that another version has submitted, and who submits the sweep again sends none twice.
    @Test(arguments: Fixtures.all) func aStepOfASweepIsTakenAndHasTheNameItHad(_ fixtures: Fixtures) throws {
        let lines = try fixtures.lines(.sweepRequests)
        let sweeping = try Sweeping(isCut: fixtures.version != Fixtures.before.version)
        #expect(lines.count == sweeping.plan.stepCount)
        for (step, line) in lines.enumerated() {
            let request = try StrategyRequest.parse(Array(line.utf8))
            #expect(throws: Never.self, "\(line)") { try HostedRequestCheck.check(request) }
            #expect(request.requestID == sweeping.plan.requestID(ofStep: step))
        }
    }

    // MARK: Results

    @Test(arguments: Fixtures.all) func aResultIsShown(_ fixtures: Fixtures) throws {
        let lines = try fixtures.lines(.results) + fixtures.lines(.runs)
        var printer = ResultPrinter(requests: [], count: nil, isJSON: false)
        for (offset, line) in lines.enumerated() {
            let record = KafkaRecord(
                partition: 0, offset: Int64(offset), timestampMs: nil, key: nil, value: Array(line.utf8), headers: [])
            _ = try printer.take(.record(record))
        }
        #expect(printer.shown == lines.count && printer.foreign == 0)
    }

    @Test func aResultOfThisVersionIsAsItsSchemaSays() throws {
        for format in [Format.results, .runs, .sweepResults] {
            for result in try Fixtures.current.values(format) {
                #expect(SchemaFile.of(result, .result, .sweepStepResult).problems(of: result) == [])
            }
        }
    }

    @Test(arguments: Fixtures.all) func aSweepOfOneVersionIsPutTogether(_ fixtures: Fixtures) throws {
        let merge = try merge(fixtures.values(.sweepResults))
        #expect(merge.isComplete && merge.problem == nil)
        let merged = try JSONValue.parse(merge.merged())
        #expect(merged["top"]?.elements?.count == 2 && merged["counts"]?["evaluated"]?.integer == 6)
        #expect(!SweepTable.lines(merged).isEmpty)
        // A step of before does not say what that takes.
        #expect((merged["luck"] == .null) == (fixtures.version == Fixtures.before.version))
    }

    @Test func stepsOfTwoVersionsThatDoNotBelongTogetherAreRefusedInWords() throws {
        let new = try #require(Fixtures.current.values(.sweepResults).first)
        let steps = try Fixtures.before.values(.sweepResults).map { try renamed($0, as: new) } + [new]
        let problem = try #require(try merge(steps).problem)
        #expect(problem.message.contains("do not belong together: one has account {"), "\(problem.message)")
        #expect(problem.message.contains("submit the sweep again under another id"), "\(problem.message)")
    }

    private func merge(_ results: [JSONValue]) throws -> SweepMerge {
        var merge = SweepMerge(id: "sample")
        for result in results { merge.add(result) }
        return merge
    }

    /// As a step of the other's submission: a sweep that is under way has one digest.
    private func renamed(_ result: JSONValue, as other: JSONValue) throws -> JSONValue {
        let own = try #require(result["request_id"]?.string.flatMap(StepID.init))
        let theirs = try #require(other["request_id"]?.string.flatMap(StepID.init))
        let id = StepID(sweep: theirs.sweep, digest: theirs.digest, step: own.step).text
        return .object(
            (result.members ?? []).map { $0.name == "request_id" ? JSONMember($0.name, .string(id)) : $0 })
    }

    /// Who has seen a result knows by this that another is the same.
    @Test(arguments: Fixtures.all) func aResultThatComesTwiceHasTheSameName(_ fixtures: Fixtures) throws {
        let headers = try #require(fixtures.values(.headers).first)
        #expect(headers["ce_id"]?.string == "c1/optimizer.requests/3/9")
        #expect(headers["ce_type"]?.string == "optimizer.result.v1")
    }

    // MARK: Dead letters, what is cancelled, events

    @Test(arguments: Fixtures.all) func aDeadLetterSaysWhatWasWrongAndWhereItStood(_ fixtures: Fixtures) throws {
        for line in try fixtures.values(.deadLetters) {
            let record = DeadLetterRecord(
                record: KafkaRecord(
                    partition: 0, offset: 0, timestampMs: nil, key: line["key"]?.string.map { Array($0.utf8) },
                    value: line["value"]?.string.map { Array($0.utf8) },
                    headers: (line["headers"]?.members ?? []).map { KafkaHeader($0.name, $0.value.string ?? "") }))
            #expect(record.code != nil && record.message != nil && record.originalHeaders.isEmpty, "\(line.text)")
            let origin = try #require(record.origin)
            #expect(origin.hasPrefix("optimizer.requests-"))
            let original = try JSONValue.parse(record.record.value ?? [])
            #expect(record.isTruncated == (original["truncated"]?.bool == true))
            #expect(record.isTruncated || record.names.request != nil)
        }
    }

    @Test(arguments: Fixtures.all) func whatIsCancelledIsRead(_ fixtures: Fixtures) throws {
        let orders = try fixtures.lines(.control).map { try CancelOrder.parse(Array($0.utf8)) }
        let targets = [CancelOrder.Target.request("r-1"), .sweep("s-1")]
        #expect(orders.map(\.target) == (fixtures.has(.control) ? targets : []))
    }

    @Test(arguments: Fixtures.all) func aNodeIsShownByItsEvents(_ fixtures: Fixtures) throws {
        var fleet = Fleet()
        for event in try fixtures.values(.events) {
            #expect(SchemaFile.metricsEvent.problems(of: event) == [], "\(event["event"]?.text ?? "")")
            fleet.take(event, at: MonotonicTime(nanoseconds: 1))
        }
        let node = try #require(fleet.sorted(by: .name).first)
        #expect(node.hasFigures && node.slots > 0 && node.done > 0)
    }
}
