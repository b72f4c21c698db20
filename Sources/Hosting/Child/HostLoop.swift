import Glibc
import System

/// The child's side: what a host executable does all its life.
package enum HostLoop {
    /// Reads requests from descriptor 0 and writes replies to descriptor 1, until the node closes the input.
    ///
    /// Both descriptors are moved away first: 0 then reads as empty and 1 leads to the standard error, so that a
    /// strategy that reads or prints cannot break the frames.
    /// - Parameters:
    ///   - ready: the payload of the first frame, which tells the node that the host can take requests.
    ///   - run: turns a request's payload into a reply's, at most `HostFraming.maximumPayload` bytes.
    /// - Returns: the exit code: 0 at the end of the input, 65 (EX_DATAERR) for a frame it cannot take, 70
    ///   (EX_SOFTWARE) for a reply it cannot send, 74 (EX_IOERR) when a pipe fails. What went wrong is on the standard
    ///   error.
    package static func serve(ready: [UInt8], run: ([UInt8]) -> [UInt8]) -> Int32 {
        serve(ready: ready) { request, _ in run(request) }
    }

    /// The same for a host that may ask the node while it runs a request.
    package static func serve(ready: [UInt8], answering run: ([UInt8], HostPipe) -> [UInt8]) -> Int32 {
        let input = unsafe takeAway(0, leaving: open("/dev/null", O_RDONLY | O_CLOEXEC))
        let output = takeAway(1, leaving: dup(2))
        guard input >= 0, output >= 0 else {
            return fail("cannot move the standard descriptors: \(describe(errno: errno))", 74)
        }
        let pipe = HostPipe(input: input, output: output)
        var reply = ready
        while true {
            switch pipe.exchange(reply) {
            case .request(let request): reply = run(request, pipe)
            case .exit(let code): return code
            }
        }
    }

    /// Moves a descriptor to a private number and puts another in its place.
    private static func takeAway(_ descriptor: Int32, leaving replacement: Int32) -> Int32 {
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard replacement >= 0 else { return moved }
        dup2(replacement, descriptor)
        close(replacement)
        return moved
    }

    fileprivate static func fail(_ message: String, _ code: Int32) -> Int32 {
        StandardError.write("optimizer-host: \(message)")
        return code
    }
}

/// The host's ends of the two pipes to its node.
package final class HostPipe {
    private let input: Int32
    private let output: Int32
    private var reader = FrameReader(framing: .lengthPrefixed)
    private var writer = FrameWriter(framing: .lengthPrefixed)
    /// How the host has to end, once a pipe has failed while it asked.
    private var exitCode: Int32?

    fileprivate init(input: Int32, output: Int32) {
        self.input = input
        self.output = output
    }

    fileprivate enum Request {
        case request([UInt8])
        case exit(Int32)
    }

    /// Asks the node something while a request runs, and waits for the answer.
    ///
    /// - Parameter question: told from a reply by the node: a `QuestionFrame`.
    /// - Returns: nil where the node has gone; the host ends after its next reply.
    package func ask(_ question: [UInt8]) -> [UInt8]? {
        guard exitCode == nil else { return nil }
        switch exchange(question) {
        case .request(let answer): return answer
        case .exit(let code):
            exitCode = code
            return nil
        }
    }

    /// Writes a frame and waits for the next one.
    fileprivate func exchange(_ frame: [UInt8]) -> Request {
        if let exitCode { return .exit(exitCode) }
        guard !frame.isEmpty, frame.count <= HostFraming.maximumPayload else {
            return .exit(HostLoop.fail("cannot send a frame of \(frame.count) bytes", 70))
        }
        writer.append(frame)
        guard case .complete = writer.flush(to: output) else {
            return .exit(HostLoop.fail("cannot write a reply: \(describe(errno: errno))", 74))
        }
        while true {
            switch reader.next() {
            case .payload(let request): return .request(request)
            case .tooLong(let bytes): return .exit(HostLoop.fail("a request of \(bytes) bytes is too long", 65))
            case .broken(let why): return .exit(HostLoop.fail("the node sent \(why)", 65))
            case .incomplete: break
            }
            switch reader.receive(from: input) {
            case .bytes: continue
            case .end where reader.pendingBytes == 0: return .exit(0)
            case .end: return .exit(HostLoop.fail("the input ended within a request", 65))
            case .nothingYet: return .exit(HostLoop.fail("the input does not block", 74))
            case .failed(let error):
                return .exit(HostLoop.fail("cannot read a request: \(describe(errno: error))", 74))
            }
        }
    }
}
