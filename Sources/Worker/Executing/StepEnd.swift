import Hosting
import Messages
import Scheduling

/// How a step ended, in one value; what follows from it is decided once, in `StepReporter`.
enum StepEnd {
    case answered(HostReply)
    /// Its `expires_at` had passed before it could begin.
    case expired
    /// Its `expires_at` had passed while it waited for a host of its strategy, of which none could be started.
    case unstartable(String)
    /// Its strategy was switched off while it waited for a host.
    case disabled
    /// It is not wanted any more: it was not run, or its host was ended.
    case cancelled
    /// Its strategy is suspended: it was not run.
    case suspended(retryMs: Int)
    case timedOut
    case crashed(HostLoss)
    /// The host lives, and says that it was refused what the step wanted.
    case refused(LimitBreach)
    /// The host answered with something that is no reply.
    case babbled(String)
    /// What an external host would be sent cannot be made of it.
    case unsendable(String)
}

extension StepEnd {
    /// What the throttle and the circuit breaker are to think of it.
    var conduct: Conduct {
        switch self {
        case .answered: .good
        case .timedOut, .refused: .breach
        case .crashed(let loss): if case .exceeded = loss.kind { .breach } else { .crash }
        case .babbled: .crash
        case .expired, .unstartable, .disabled, .cancelled, .suspended, .unsendable: .unknown
        }
    }

    /// Where another run may end otherwise, how this one did.
    var failedStatus: ResultStatus? {
        switch self {
        case .answered(let reply): reply.status == .failed && reply.problem?.isRetryable == true ? .failed : nil
        case .timedOut: .timedOut
        case .crashed(let loss): if case .exceeded = loss.kind { .resourceExceeded } else { .crashed }
        case .refused: .resourceExceeded
        case .babbled: .crashed
        case .expired, .unstartable, .disabled, .cancelled, .suspended, .unsendable: nil
        }
    }

    /// Whether the request goes to the dead-letter topic though nothing is wrong with it, to be sent again later.
    var isForReplay: Bool {
        switch self {
        case .suspended, .unstartable: true
        default: false
        }
    }

    init(_ refusal: Admission.Refusal) {
        self =
            switch refusal {
            case .suspended(let retryMs): .suspended(retryMs: retryMs)
            case .expired(let startFailure): startFailure.map { .unstartable($0) } ?? .expired
            case .disabled: .disabled
            case .cancelled: .cancelled
            }
    }
}

/// When a step ran, and what it used.
struct StepRun {
    let started: MonotonicTime
    let ended: MonotonicTime
    let attempt: Int
    let usage: ResultUsage?

    init(started: MonotonicTime, ended: MonotonicTime, attempt: Int, usage: ResultUsage?) {
        self.started = started
        self.ended = ended
        self.attempt = attempt
        self.usage = usage
    }

    /// The step that the host has ended last.
    init(of host: Host, attempt: Int) {
        self.init(
            started: host.span.began, ended: host.span.ended, attempt: attempt, usage: ResultUsage(host.usage))
    }

    /// A step that is over without this attempt; the last one that it had counts.
    init(notBegun step: Step, at now: MonotonicTime) {
        self.init(started: now, ended: now, attempt: max(1, step.attempt - 1), usage: nil)
    }
}

extension ResultTiming {
    /// Steps that ended unseen share their time, so that one that came late among them may seem to have ended before
    /// it had come.
    init(arrived: MonotonicTime, _ run: StepRun) {
        let started = max(run.started, arrived)
        let ended = max(run.ended, started)
        self.init(
            queuedMs: started.milliseconds(since: arrived), stepMs: run.ended.milliseconds(since: run.started),
            totalMs: ended.milliseconds(since: arrived))
    }
}

extension ResultUsage {
    init(_ usage: StepUsage) {
        self.init(cpuMs: usage.cpuMs, maxRSSMB: usage.peakMB, throttledMs: usage.throttledMs)
    }
}
