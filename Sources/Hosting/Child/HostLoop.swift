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
        let input = unsafe takeAway(0, leaving: open("/dev/null", O_RDONLY | O_CLOEXEC))
        let output = takeAway(1, leaving: dup(2))
        guard input >= 0, output >= 0 else {
            return fail("cannot move the standard descriptors: \(describe(errno: errno))", 74)
        }
        var reader = FrameReader(framing: .lengthPrefixed)
        var writer = FrameWriter(framing: .lengthPrefixed)
        var reply = ready
        while true {
            guard !reply.isEmpty, reply.count <= HostFraming.maximumPayload else {
                return fail("cannot send a reply of \(reply.count) bytes", 70)
            }
            writer.append(reply)
            guard case .complete = writer.flush(to: output) else {
                return fail("cannot write a reply: \(describe(errno: errno))", 74)
            }
            switch nextRequest(&reader, from: input) {
            case .request(let request): reply = run(request)
            case .exit(let code): return code
            }
        }
    }

    private enum Request {
        case request([UInt8])
        case exit(Int32)
    }

    private static func nextRequest(_ reader: inout FrameReader, from input: Int32) -> Request {
        while true {
            switch reader.next() {
            case .payload(let request): return .request(request)
            case .tooLong(let bytes): return .exit(fail("a request of \(bytes) bytes is too long", 65))
            case .broken(let why): return .exit(fail("the node sent \(why)", 65))
            case .incomplete: break
            }
            switch reader.receive(from: input) {
            case .bytes: continue
            case .end where reader.pendingBytes == 0: return .exit(0)
            case .end: return .exit(fail("the input ended within a request", 65))
            case .nothingYet: return .exit(fail("the input does not block", 74))
            case .failed(let error): return .exit(fail("cannot read a request: \(describe(errno: error))", 74))
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

    private static func fail(_ message: String, _ code: Int32) -> Int32 {
        StandardError.write("optimizer-host: \(message)")
        return code
    }
}
