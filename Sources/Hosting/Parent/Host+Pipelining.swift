import Messages
package import Scheduling
import System

/// Several requests under way at once. The host runs them one after the other; the node sees one reply after the other,
/// or, where it looks later, several at once.
extension Host {
    /// What was measured when the node looked, for each of the steps that had ended by then.
    struct Burst {
        var stepsLeft = 0
        var usage = StepUsage()
        /// Of each of them, where their hosts do not say when they ran.
        var nanoseconds: Int64 = 0
        /// When the node looked.
        var seen = MonotonicTime(nanoseconds: 0)
    }

    /// Sends requests with one write, without waiting for their replies, which `awaitNext` gets in the same order.
    /// - Parameters:
    ///   - requests: each at most `HostFraming.maximumPayload` bytes.
    ///   - limits: what each of the steps may use, the same for all that are under way; nil: as much as the pool's
    ///     ceilings allow. Their deadline is not looked at.
    /// - Returns: how the host was lost, if it was.
    package func submit(_ requests: [[UInt8]], limits: ResourceLimits? = nil) -> HostLoss? {
        let isFirst = framesUnderWay == 0
        if isFirst { (span, usage, burst) = ((.now(), .now()), StepUsage(), Burst()) }
        if let kind = lossKind ?? lossBeforeRequest() { return lose(kind, requestDelivered: false) }
        if isFresh { watch.noteFresh() }
        isFresh = false
        if isFirst { watch.begin(limits) }
        isPipelined = !isFirst || requests.count > 1
        for request in requests { writer.append(request) }
        framesUnderWay += requests.count
        // Where it has others, their replies may be there already: `awaitNext` takes them first, and then sees its end.
        guard let kind = deliver(), isFirst else { return nil }
        let loss = lose(kind, requestDelivered: writer.deliveredBytes > 0)
        endUnanswered()
        return loss
    }

    /// The reply to the earliest request that `submit` has sent and that has none yet. After any outcome but `.answered`
    /// the host takes no more requests.
    /// - Parameters:
    ///   - until: when the whole reply must be there, however many bytes arrive until then.
    ///   - late: when `onLate` is called, once, should it not be there; nil: never.
    package func awaitNext(
        until: MonotonicTime, late: MonotonicTime? = nil, onLate: () -> Void = {}
    ) -> StepOutcome {
        let outcome = awaitResult(until: until, late: late, onLate: onLate)
        switch outcome {
        case .answered(let payload):
            framesUnderWay -= 1
            noteReply(ReplyFrame.times(of: payload))
        case .timedOut:
            defer { endUnanswered() }
            // A host that was ended a moment ago for a limit may take longer to die than its deadline is away.
            if watch.breach != nil { return .lost(lose(.silent)) }
            askWhereItIs()
            lose(.silent)
        case .lost: endUnanswered()
        }
        return outcome
    }

    /// Whether a reply is there already, so that `awaitNext` does not wait.
    package var hasReply: Bool { reader.hasWholeFrame }

    private func noteReply(_ times: ReplyFrame.Times?) {
        if burst.stepsLeft == 0 {
            let steps = 1 + min(framesUnderWay, reader.wholeFrames)
            let used = watch.end(goesOn: framesUnderWay >= steps)
            let now = MonotonicTime.now()
            let elapsed = now.nanoseconds(since: span.ended)
            burst = Burst(
                stepsLeft: steps, usage: used.part(of: steps), nanoseconds: elapsed / Int64(steps), seen: now)
        }
        burst.stepsLeft -= 1
        usage = burst.usage
        guard let times else {
            span = (span.ended, span.ended.adding(nanoseconds: burst.nanoseconds))
            return
        }
        // A host's word counts within what the node has seen: between the step before, or its request, and the reply.
        let began = min(max(MonotonicTime(nanoseconds: Int64(clamping: times.began)), span.ended), burst.seen)
        let ended = min(max(MonotonicTime(nanoseconds: Int64(clamping: times.ended)), began), burst.seen)
        span = (began, ended)
    }

    private func endUnanswered() {
        usage = watch.end(peakBytes: peakOfTheDead)
        span = (span.ended, .now())
    }
}
