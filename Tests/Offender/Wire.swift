import Glibc

/// Raw frames on descriptors 0 and 1, without the care a real host takes.
enum Wire {
    static func ready() {
        reply(Array("ready".utf8))
    }

    static func reply(_ payload: [UInt8], times: Int = 1) {
        write([[UInt8]](repeating: header(payload.count) + payload, count: times).flatMap { $0 })
    }

    static func header(_ length: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(length).littleEndian) { Array($0) }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32 = 1) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { exit(99) }
            rest = rest.dropFirst(written)
        }
    }

    /// The next request; ends the process at the end of the input.
    static func request() -> [UInt8] { read(length()) }

    /// The length of the next request, which is to be read then.
    static func length() -> Int { read(4).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) } }

    static func read(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let received = bytes.withUnsafeMutableBytes { Glibc.read(0, $0.baseAddress! + filled, count - filled) }
            guard received > 0 else { exit(0) }
            filled += received
        }
        return bytes
    }
}
