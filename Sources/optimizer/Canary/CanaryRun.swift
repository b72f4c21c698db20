import Glibc
import Kafka
import Metrics
import Worker

/// The canary that goes on until it is told to end.
struct CanaryRun {
    private let canary: Canary
    private let every: Duration
    private var interruption: Interruption
    private var words = CanaryWords()
    private var number: UInt64 = 0
    /// How long it waits for one result before it looks at all else again.
    private static let longestWaitMs: Int32 = 100

    init(canary: Canary, every: Duration, interruption: Interruption) {
        self.canary = canary
        self.every = every
        self.interruption = interruption
    }

    mutating func run(_ connection: KafkaConnection) throws(CommandFailure) -> Int32 {
        guard let clients = try connect(connection) else { return ExitCode.success }
        defer { clients.close() }
        let partitions = clients.topic.partitions
        Output.words(
            "a request every \(every.inWords) to \(clients.topic.name), \(partitions.count) partitions in turn")
        var schedule = CanarySchedule(every: every, partitions: partitions, from: .now)
        while !interruption.check() {
            canary.moved()
            if let beat = schedule.take(at: .now) { send(beat, by: clients) }
            let wait = (schedule.next - .now) / .milliseconds(1)
            let arrivals = try clients.arrivals(waitMs: Int32(min(max(wait, 0), Double(Self.longestWaitMs))))
            for (end, cause) in canary.take(arrivals) {
                if end.outcome == .completed { clients.forgetTold() }
                tell(end, cause)
            }
        }
        return ExitCode.success
    }

    /// Waits for brokers that are away: its age has to be seen meanwhile.
    /// - Returns: nil when it was told to end before.
    private mutating func connect(_ connection: KafkaConnection) throws(CommandFailure) -> CanaryClients? {
        var isTold = false
        while !interruption.check() {
            canary.moved()
            do throws(CommandFailure) {
                return try CanaryClients(connection, timeout: canary.timeout)
            } catch {
                guard error.code == ExitCode.unavailable else { throw error }
                if !isTold { Output.words("waiting: \(error.message)") }
                isTold = true
            }
            _ = poll(nil, 0, 1000)
        }
        return nil
    }

    private mutating func send(_ beat: CanarySchedule.Beat, by clients: CanaryClients) {
        number += 1
        if let (end, cause) = canary.send(number, beat, by: clients) { tell(end, cause) }
    }

    private mutating func tell(_ end: CanaryBook.End, _ cause: String?) {
        if let line = words.take(end, cause: cause) { Output.words(line) }
    }
}
