/// Labels as `name="value"`, comma-separated, escaped as both text formats want it.
enum LabelText {
    static func render(names: [String], values: [String]) -> String {
        zip(names, values).map { "\($0)=\"\(escape($1))\"" }.joined(separator: ",")
    }

    /// Backslash, double quote and line feed are escaped; everything else stands for itself.
    static func escape(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
