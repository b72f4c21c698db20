import Glibc
import Messages
package import Scheduling
package import System

/// The node's end of one child process that runs strategies. One slot thread owns it.
///
/// A host is never repaired: after `.timedOut` or `.lost`, `kill()` it and spawn another. Frames go out through one
/// writer and come back one by one, so that several requests can be under way at once.
package final class Host {
    package let pid: Int32
    package let startedAt: MonotonicTime
    /// What the last step used; all zero before the first.
    package internal(set) var usage = StepUsage()
    /// When the last step began and ended; where several ended unseen, each has the same part of the time.
    package internal(set) var span: (began: MonotonicTime, ended: MonotonicTime)
    /// Who is asked for locks while a step runs. Without one, every frame from the host is a reply.
    package var arbiter: (any LockArbiter)?

    /// Sees every frame that comes while one is awaited; true: it was no reply, and the wait goes on. For what a host
    /// says between request and reply.
    package var interim: (([UInt8]) -> Bool)?

    private let isolation: Isolation?
    let watch: HostWatch
    let process: SpawnedProcess
    var reader: FrameReader
    var writer: FrameWriter
    private var diagnostics = HostDiagnostics()
    /// Whether steps go to it as `StepFrame`s, else as the requests in JSON that they are.
    package private(set) var takesFrames = false
    /// Whether it said, when it was ready, that it reads requests while it has one. One that speaks frames does in any
    /// case.
    package private(set) var takesSeveral = false
    /// Whether it said that it writes to its standard error where it is when it gets SIGUSR1.
    private var tracesOnSignal = false
    /// Steps it has been given. Whoever gives them counts them.
    package var steps = 0
    /// Whether it has been sent anything yet.
    var isFresh = true
    /// Requests that have been sent and have no reply yet.
    package internal(set) var framesUnderWay = 0
    /// Whether it has been sent a request while it had another one, since it last had none.
    var isPipelined = false
    /// What has been measured of several steps at once, and is not handed out yet.
    var burst = Burst()
    private(set) var lossKind: HostLoss.Kind?
    private var inputOpen = true
    private(set) var errorsOpen = true
    /// How it ended; from then on the descriptors are closed.
    private var exitStatus: ExitStatus?
    /// The largest resident set of a host that has died, in bytes.
    private(set) var peakOfTheDead: Int64 = 0

    init(_ process: SpawnedProcess, framing: HostFraming, isolation: Isolation? = nil) {
        self.process = process
        self.isolation = isolation
        pid = process.handle.pid
        startedAt = .now()
        span = (startedAt, startedAt)
        watch =
            if let isolation, let confinement = process.confinement {
                isolation.watch(process.handle.pid, confinement)
            } else {
                HostWatch(process.handle.pid)
            }
        reader = FrameReader(framing: framing)
        writer = FrameWriter(framing: framing)
    }

    deinit {
        kill()
    }

    /// Waits for the frame a host sends once it is ready to run steps.
    /// - Returns: its payload.
    /// - Throws: `HostFailure` of code `notReady` when the host is lost or the time is over. Kill it then.
    package func awaitReady(until: MonotonicTime) throws(HostFailure) -> [UInt8] {
        switch lossKind.map({ .lost(loss($0, requestDelivered: false)) }) ?? awaitReply(until: until) {
        case .answered(let payload):
            takesFrames = StepFrame.isTaken(byHostSaying: payload)
            let said = (try? JSONValue.parse(payload))?["ready"]
            takesSeveral = said?["pipelining"] == .bool(true)
            tracesOnSignal = said?["traceback_signal"] == .bool(true)
            return payload
        case .lost(let loss): throw HostFailure(.notReady, loss.description, loss: loss)
        case .timedOut:
            let loss = lose(.silent)
            throw HostFailure(.notReady, loss.description, loss: loss)
        }
    }

    /// Runs one step and blocks until it has an outcome. After any but `.answered` the host takes no more requests.
    /// - Parameters:
    ///   - request: the payload, at most `HostFraming.maximumPayload` bytes.
    ///   - deadline: when the whole reply must be there, however many bytes arrive until then.
    ///   - limits: what the step may use; nil: as much as the pool's ceilings allow. Its deadline is not looked at.
    package func run(_ request: [UInt8], deadline: MonotonicTime, limits: ResourceLimits? = nil) -> StepOutcome {
        if let loss = submit([request], limits: limits) { return .lost(loss) }
        return awaitNext(until: deadline)
    }

    /// Takes the lines the host has written to its standard error since the last call: at most 100, each cut to 4096
    /// bytes; if there were more, the last line says how many.
    package func drainDiagnostics() -> [String] {
        diagnostics.drain()
    }

    /// Asks the host to end by closing its input, and ends it by force when it does not.
    /// - Parameter graceMs: how long it may take, in milliseconds.
    package func end(graceMs: Int) -> ExitStatus {
        if let exitStatus { return exitStatus }
        closeInput()
        let patience = MonotonicTime.now().adding(milliseconds: graceMs)
        // What it still says on its output is left unread: it has been asked to end, not to speak.
        while patience.nanosecondsLeft() > 0 {
            let ready = ReadyDescriptors.wait(
                errors: errorsOpen ? process.errors : -1, process: process.handle.descriptor, until: patience)
            if ready.contains(.errors) { receiveErrors() }
            if ready.contains(.process) { break }
        }
        return kill()
    }

    /// Ends the host at once: its whole process group, and what has left the group but lost its parent. Waits until
    /// the kernel has let go of it (at most 5 s), reaps it and closes the pipes. A second call changes nothing.
    @discardableResult
    package func kill() -> ExitStatus {
        if let exitStatus { return exitStatus }
        // Before the reaping: until then the number of the group cannot be given to another one.
        watch.retire()
        killpg(pid, SIGKILL)
        _ = process.handle.awaitEnd(until: .now().adding(milliseconds: 5000))
        let status = ProcessTable.shared.bury(process)
        lose(.ended)
        diagnostics.finish()
        closeInput()
        for descriptor in [process.output, process.errors] { close(descriptor) }
        process.handle.close()
        watch.close()
        if let confinement = process.confinement { isolation?.release(confinement) }
        exitStatus = status
        return status
    }
}

extension Host {
    /// Whether it has been ended, by `kill` or `end`.
    package var isGone: Bool { exitStatus != nil }

    func awaitReply(until: MonotonicTime, late: MonotonicTime? = nil, onLate: () -> Void = {}) -> StepOutcome {
        var late = late
        while true {
            switch reader.next() {
            case .payload(let payload):
                guard interim?(payload) == true else { return .answered(payload) }
                if until.nanosecondsLeft() <= 0 { return .timedOut }
                continue
            case .tooLong(let bytes): return .lost(lose(.frameTooLong(bytes: bytes)))
            case .broken(let why): return .lost(lose(.brokenFrame(why)))
            case .incomplete: break
            }
            // Looked at on every turn: a host that drips, or floods its standard error, keeps the descriptors ready.
            let left = until.nanosecondsLeft()
            guard left > 0 else { return .timedOut }
            let leftUntilLate = late?.nanosecondsLeft() ?? left
            if leftUntilLate <= 0 {
                late = nil
                onLate()
                continue
            }
            let ready = ReadyDescriptors.wait(
                output: process.output, errors: errorsOpen ? process.errors : -1, process: process.handle.descriptor,
                input: writer.isEmpty ? -1 : process.input, nanoseconds: min(left, leftUntilLate))
            guard !ready.isEmpty else { continue }
            if let kind = respond(to: ready) { return .lost(lose(kind)) }
        }
    }

    /// Does what the descriptors ask for; returns how the host was lost, if it was.
    private func respond(to ready: ReadyDescriptors) -> HostLoss.Kind? {
        if ready.contains(.errors) { receiveErrors() }
        if ready.contains(.output) {
            switch reader.receive(from: process.output) {
            // What came may hold a reply: it is looked at before a write can fail.
            case .bytes: return nil
            case .nothingYet: break
            case .end: return settledKind(otherwise: .closedOutput)
            case .failed(let error): return .unreachable(errno: error)
            }
        } else if ready.contains(.process) {
            // Only once its output is read empty: a reply may lie there. A grandchild may hold the pipe open, so that
            // there is no end of file to wait for.
            return endingKind()
        }
        return ready.contains(.input) ? deliver() : nil
    }

    /// Looks whether the host is fit for a request: still there, and silent. A reply too many would otherwise be taken
    /// for the reply to the next request.
    func lossBeforeRequest() -> HostLoss.Kind? {
        framesUnderWay == 0 ? lossUnlessSilent() : nil
    }

    /// Looks whether the host, which must wait for the node now, is there and silent.
    func lossUnlessSilent() -> HostLoss.Kind? {
        if reader.pendingBytes == 0 {
            switch reader.receive(from: process.output) {
            case .nothingYet: return nil
            case .end: return settledKind(otherwise: .closedOutput)
            case .failed(let error): return .unreachable(errno: error)
            case .bytes: break
            }
        }
        return .spokeOutOfTurn(bytes: reader.pendingBytes)
    }

    /// Sends what answers a demand of the host; returns how the host was lost, if it was.
    func answerDemand(_ payload: [UInt8]) -> HostLoss.Kind? {
        writer.append(payload)
        return deliver()
    }

    func deliver() -> HostLoss.Kind? {
        switch writer.flush(to: process.input) {
        case .complete, .partial: nil
        case .failed(EPIPE): settledKind(otherwise: .closedInput)
        case .failed(let error): .unreachable(errno: error)
        }
    }

    private func closeInput() {
        if inputOpen { close(process.input) }
        inputOpen = false
    }

    /// Has a host whose step has passed its deadline say where it is before it is ended. One that does not is ended a moment
    /// later for it, whatever holds it up.
    func askWhereItIs() {
        guard tracesOnSignal, errorsOpen else { return }
        // Only this thread reaps it: the number is its own.
        Glibc.kill(pid, SIGUSR1)
        let patience = MonotonicTime.now().adding(milliseconds: 200)
        var silence = patience
        while errorsOpen, waitReadable(process.errors, until: min(silence, patience)) {
            receiveErrors()
            silence = .now().adding(milliseconds: 20)
        }
    }

    func receiveErrors() {
        if !diagnostics.receive(from: process.errors) { errorsOpen = false }
    }

    /// A dying process closes its pipes a moment before its end can be seen. Waits that moment, to tell death from a
    /// pipe closed on purpose.
    private func settledKind(otherwise kind: HostLoss.Kind) -> HostLoss.Kind {
        let patience = MonotonicTime.now().adding(milliseconds: 100)
        return process.handle.awaitEnd(until: patience) ? endingKind() : kind
    }

    func endingKind() -> HostLoss.Kind {
        switch process.handle.look(reaping: false) {
        case .running: return .unreachable(errno: 0)
        case .failed(let error): return .unreachable(errno: error)
        case .ended(let status, let peakBytes):
            // The kernel's peak begins with what the node held when it started the process.
            peakOfTheDead = peakBytes > ProcessMeter.ownPeakBytes ? peakBytes : 0
            return switch status {
            case .exited(let code): .exited(code: code)
            case .signalled(let signal): .signalled(signal)
            case .unfinished: .ended
            }
        }
    }

    @discardableResult
    func lose(_ kind: HostLoss.Kind, requestDelivered: Bool = true) -> HostLoss {
        if exitStatus == nil { receiveLastErrors() }
        let kind = limitBehind(kind).map { .exceeded($0) } ?? kind
        if lossKind == nil { lossKind = kind }
        return loss(kind, requestDelivered: requestDelivered)
    }

    /// The limit that is the reason of a loss: the monitor says so, or the kernel, or the way it died.
    private func limitBehind(_ kind: HostLoss.Kind) -> LimitBreach? {
        switch kind {
        case .exceeded, .ended: return nil
        default: break
        }
        if let breach = watch.breach { return breach }
        guard let confinement = process.confinement, let limits = watch.limits else { return nil }
        switch kind {
        case .signalled(SIGXFSZ): return LimitBreach(resource: .output, limit: confinement.fileMB, peak: nil)
        case .signalled, .exited:
            if let breach = watch.kernelBreach { return breach }
            let peak = Int(peakOfTheDead >> 20)
            return diagnostics.namesMemory
                ? LimitBreach(resource: .memory, limit: limits.memoryMB, peak: peak > 0 ? peak : nil) : nil
        default: return nil
        }
    }

    /// Reads what is left on the standard error, but no more than a pipe holds: it may never end.
    private func receiveLastErrors() {
        for _ in 0..<8 where errorsOpen && waitReadable(process.errors, until: MonotonicTime(nanoseconds: 0)) {
            receiveErrors()
        }
    }

    private func loss(_ kind: HostLoss.Kind, requestDelivered: Bool) -> HostLoss {
        HostLoss(kind: kind, requestDelivered: requestDelivered, errorOutput: diagnostics.tail)
    }
}
