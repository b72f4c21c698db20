/// Splits a line into its fields, without the quotes and spaces around them.
enum CSVFields {
    static func split(_ line: ArraySlice<UInt8>, at delimiter: UInt8, into fields: inout [ArraySlice<UInt8>]) {
        fields.removeAll(keepingCapacity: true)
        var start = line.startIndex
        var isQuoted = false
        for index in line.indices {
            let byte = line[index]
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == delimiter, !isQuoted {
                fields.append(bare(line[start..<index]))
                start = index + 1
            }
        }
        fields.append(bare(line[start...]))
    }

    private static func bare(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = field
        while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
        if rest.count >= 2, rest.first == UInt8(ascii: "\""), rest.last == UInt8(ascii: "\"") {
            rest = rest.dropFirst().dropLast()
        }
        return rest
    }
}
