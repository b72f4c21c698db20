/// The `traceparent` header of W3C Trace Context.
package enum TraceParent {
    /// The trace id of a header `00-<trace id>-<parent id>-<flags>`.
    ///
    /// - Returns: 32 lower-case hexadecimal digits; nil without such a header, or where it breaks the rules.
    package static func traceID(in headers: [MessageHeader]) -> String? {
        guard let header = headers.first(where: { $0.name == "traceparent" }), let value = header.value else {
            return nil
        }
        return traceID(value)
    }

    static func traceID(_ value: [UInt8]) -> String? {
        let parts = value.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.count == $1 && $0.allSatisfy(isHex) }) else {
            return nil
        }
        let isVersionZero = parts[0].elementsEqual("00".utf8)
        // Version ff is not one, ids of zeros are none, and version 00 has nothing after the flags.
        guard !parts[0].elementsEqual("ff".utf8), !isVersionZero || parts.count == 4, !isZero(parts[1]),
            !isZero(parts[2])
        else { return nil }
        return String(decoding: parts[1], as: UTF8.self)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isZero(_ digits: ArraySlice<UInt8>) -> Bool { digits.allSatisfy { $0 == UInt8(ascii: "0") } }
}
