import Kafka
import Messages
import Scheduling
import System

/// Exit codes of `sysexits.h` that supervisors know.
package enum ExitCode {
    package static let success: Int32 = 0
    package static let failure: Int32 = 1
    package static let usage: Int32 = 64
    package static let dataError: Int32 = 65
    package static let noInput: Int32 = 66
    package static let unavailable: Int32 = 69
    /// Fenced or fatal: start it again.
    package static let software: Int32 = 70
    /// Where the output should go, nothing can be made.
    package static let cannotCreate: Int32 = 73
    /// Something must be set up or corrected first.
    package static let configuration: Int32 = 78
    /// Ended by Ctrl-C or SIGTERM before its work was done, as shells have it.
    package static let interrupted: Int32 = 130
}

/// The node's end: take nothing new → finish what runs → give the rest up → commit → leave the group.
extension ConsumerLoop {
    /// What the commit may take once the drain is over, and after it the group's answer: together 4 s. Where the commit
    /// has had no answer, little is to be hoped for the other.
    private static let lastCommitMs = 3000
    private static let goodbyeMs = 1000

    /// Moves the end on, once it has begun.
    func advanceEnd(_ now: MonotonicTime) {
        switch phase {
        case .running:
            if health.isStopRequested { beginDrain(now) }
        case .draining(let until):
            guard inFlight.isEmpty || now >= until else { return }
            finishDrain(now)
        case .committing(let until):
            guard !commits.isPending || now >= until else { return }
            leave(now, until: max(until, now).adding(milliseconds: Self.goodbyeMs))
        case .leaving(let until):
            guard consumer.isClosed || now >= until else { return }
            phase = .ended
        case .ended: break
        }
    }

    private func beginDrain(_ now: MonotonicTime) {
        let dropped = decide { manager in
            manager.isDrainAwaited = true
            return manager.stop()
        }
        abandon(dropped)
        state.wakeAllSlots()
        health.noteDraining()
        metrics.draining()
        let running = decide { $0.runningCount }
        log.info(
            "draining", JSONMember("running", .integer(running)), JSONMember("given_back", .integer(dropped.count)),
            JSONMember("drain_ms", .integer(settings.drainMs)))
        events.publish(.draining, [JSONMember("running", .integer(running))])
        phase = .draining(until: now.adding(milliseconds: exitCode == 0 ? settings.drainMs : 0))
        advanceEnd(now)
    }

    private func finishDrain(_ now: MonotonicTime) {
        if !inFlight.isEmpty {
            log.warning(
                "the drain's time is over: what still runs is given up, its requests will be run again",
                JSONMember("requests", .integer(inFlight.load.count)))
            state.abandonRunning()
        }
        let mayCommit = exitCode == 0 && !consumer.assignmentLost
        let commitEnd = now.adding(milliseconds: Self.lastCommitMs)
        guard mayCommit, commit(of: nil, now) else { return leave(now, until: commitEnd) }
        phase = .committing(until: commitEnd)
    }

    private func leave(_ now: MonotonicTime, until: MonotonicTime) {
        consumer.startClose()
        phase = .leaving(until: until)
    }

    /// Ends without a drain: what is not done runs again elsewhere.
    /// - Parameter failure: what it met, for the next run to tell.
    func endNow(_ reason: NodeEnd.Reason, _ failure: KafkaFailure) {
        guard exitCode == 0 else { return }
        exitCode = ExitCode.software
        end = (reason, failure.description)
        // A drain that is under way would wait for what can no longer be published.
        if case .draining = phase { phase = .draining(until: .now()) }
        health.noteEnding()
        state.consumerWake.signal()
    }
}
