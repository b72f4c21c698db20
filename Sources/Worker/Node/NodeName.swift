/// The name of a node that was given none.
enum NodeName {
    /// What `node.id` takes at most, in bytes.
    private static let longest = 128

    /// Host name and process id, in the characters that `node.id` takes: results, metrics and file names go by it, and
    /// a host may be called anything.
    static func made(host: String, processID: Int32) -> String {
        let end = "-\(processID)"
        let name = host.unicodeScalars.map { isTaken($0) ? Character($0) : "-" }
        return String((name.isEmpty ? ["n", "o", "d", "e"] : name).prefix(longest - end.utf8.count)) + end
    }

    private static func isTaken(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "._-".unicodeScalars.contains(scalar))
    }
}
