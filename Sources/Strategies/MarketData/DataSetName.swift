/// A data set's place under the data root: one directory name and one timeframe name, neither of which can leave it.
package struct DataSetName: Hashable, Sendable {
    package let dataset: String
    package let timeframe: String

    /// nil where a name is not `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`: so no separator, no `..`, no hidden file.
    package init?(dataset: String, timeframe: String) {
        guard Self.isValid(dataset), Self.isValid(timeframe) else { return nil }
        self.dataset = dataset
        self.timeframe = timeframe
    }

    package static let expectation = "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or a digit"

    package static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= 64, isAlphanumeric(first) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
