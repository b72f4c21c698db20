/// Reads one request; a value of its own so that what was read survives the error.
struct RequestParser {
    var request: StrategyRequest
    private var reader: JSONReader

    init(_ bytes: [UInt8]) {
        request = StrategyRequest(bytes)
        reader = JSONReader(bytes)
    }

    /// What was read, moved and not copied.
    consuming func takeRequest() -> StrategyRequest { request }

    mutating func parse() throws(RequestProblem) {
        guard !request.bytes.isEmpty else {
            throw RequestProblem(.invalidJSON, "the request is empty; a JSON object is needed")
        }
        var refusal: RequestProblem?
        do {
            refusal = try readMembers()
            try reader.end()
        } catch {
            throw RequestProblem(.invalidJSON, "the request is not valid JSON: \(error)")
        }
        if let refusal { throw refusal }
        guard !request.requestID.isEmpty else { throw missing("request_id", "a string that names this request") }
        guard !request.strategy.isEmpty else {
            throw missing("strategy", "an object like {\"name\": \"sma_crossover\", \"parameters\": {…}}")
        }
    }

    /// Reads on after a wrong value, so that the id is found wherever it stands; the first refusal counts.
    private mutating func readMembers() throws(JSONProblem) -> RequestProblem? {
        var refusal: RequestProblem?
        // A bit for each member that is known.
        var seen: UInt32 = 0
        var unknown: Set<String> = []
        var isFirst = true
        try reader.beginObject()
        while let key = try reader.nextKey(&isFirst) {
            let member = RequestMember.named(key, in: reader)
            let isRepeated: Bool
            let found: RequestProblem?
            if let member {
                isRepeated = seen & 1 << member.rawValue != 0
                seen |= 1 << member.rawValue
                found = try readMember(member)
            } else {
                let name = reader.text(of: key)
                isRepeated = !unknown.insert(name).inserted
                request.unknownFields.append(name)
                _ = try reader.skipValue()
                found = nil
            }
            refusal = refusal ?? found
            if isRepeated {
                refusal = refusal ?? invalid("\(reader.text(of: key).cut(toBytes: 100)) is given twice; give it once")
            }
        }
        return refusal
    }

    private mutating func readMember(_ member: RequestMember) throws(JSONProblem) -> RequestProblem? {
        switch member {
        case .requestID: return try readRequestID()
        case .strategy: return try readStrategy()
        case .schemaVersion: return readVersion(try reader.value())
        case .type: return readType(try reader.value())
        case .limits: return readLimits(try reader.value())
        case .locks: return readLocks(try reader.value())
        case .labels: return try readLabels()
        case .expiresAt:
            return readTime(try reader.value(), member.name) { $0.expiresAt = $1 }
        case .submittedAt:
            return readTime(try reader.value(), member.name) { $0.submittedAt = $1 }
        case .data, .account, .statistics, .output, .optimizationID, .parameters, .parameterConstraints, .objective,
            .constraints, .search, .outOfSample, .step, .walkForwardWindow:
            request.sections.append(.init(member: member, range: try reader.skipValue()))
            return nil
        }
    }

    private mutating func readRequestID() throws(JSONProblem) -> RequestProblem? {
        guard try reader.peek() == UInt8(ascii: "\"") else {
            let found = try reader.value().kindName
            return invalid("request_id is \(found), must be a string of 1 to 256 bytes")
        }
        let id = try reader.string()
        guard (1...256).contains(id.utf8.count), !id.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            return invalid("request_id must be a string of 1 to 256 bytes without control characters")
        }
        request.requestID = id
        return nil
    }

    private mutating func readStrategy() throws(JSONProblem) -> RequestProblem? {
        guard try reader.peek() == UInt8(ascii: "{") else {
            let found = try reader.value().kindName
            return invalid("strategy is \(found), must be an object with \"name\" and, where needed, \"parameters\"")
        }
        var refusal: RequestProblem?
        var isFirst = true
        let start = reader.position
        try reader.beginObject()
        while let name = try reader.nextName(&isFirst) {
            // Where it stands is told to the host, which need not look for it.
            _ = try reader.peek()
            let valueStart = reader.position
            let value = try reader.value()
            refusal = refusal ?? setStrategyMember(name, value, at: valueStart..<reader.position)
        }
        request.strategyRange = start..<reader.position
        if refusal == nil, request.strategy.isEmpty { refusal = invalid("strategy.name is missing") }
        return refusal
    }

    private mutating func setStrategyMember(
        _ name: String, _ value: JSONValue, at range: Range<Int>
    ) -> RequestProblem? {
        switch name {
        case "name":
            guard let text = value.string, (1...256).contains(text.utf8.count) else {
                return invalid("strategy.name is \(value.kindName), must be the name of a strategy, 1 to 256 bytes")
            }
            request.strategy = text
            request.strategyNameRange = range
        case "version":
            guard let version = value.integer, version > 0 else {
                return invalid("strategy.version is \(value.kindName), must be a positive integer")
            }
            request.strategyVersion = version
        case "parameters":
            if value == .null { return nil }
            guard let members = value.members else {
                return invalid("strategy.parameters is \(value.kindName), must be an object of names and values")
            }
            request.parameters = members
            request.parametersRange = range
        default:
            return invalid("strategy has " + unknownMember(name, known: ["name", "version", "parameters"]))
        }
        return nil
    }

    private func readVersion(_ value: JSONValue) -> RequestProblem? {
        guard let version = value.integer, version > 0 else {
            return invalid("schema_version is \(value.kindName), must be the integer \(StrategyRequest.schemaVersion)")
        }
        guard version > StrategyRequest.schemaVersion else { return nil }
        return RequestProblem(
            .unsupportedSchemaVersion,
            "schema_version is \(version), this node knows up to \(StrategyRequest.schemaVersion)", isRetryable: true)
    }

    private mutating func readType(_ value: JSONValue) -> RequestProblem? {
        guard let type = value.string, ["backtest", "optimization"].contains(type) else {
            return invalid("type is \(value.text.cut(toBytes: 60)), must be \"backtest\" or \"optimization\"")
        }
        request.type = type
        return nil
    }

    private mutating func readLimits(_ value: JSONValue) -> RequestProblem? {
        guard let members = value.members else { return value == .null ? nil : notAnObject("limits", value) }
        for member in members {
            guard let amount = member.value.integer, amount > 0 else {
                return invalid(
                    "limits.\(member.name.cut(toBytes: 100)) is \(member.value.text.cut(toBytes: 60)), must be a positive integer"
                )
            }
            switch member.name {
            case "cpu_percent": request.limits.cpuPercent = amount
            case "memory_mb": request.limits.memoryMB = amount
            case "timeout_ms": request.limits.timeoutMs = amount
            default:
                let known = ["cpu_percent", "memory_mb", "timeout_ms"]
                return invalid("limits has " + unknownMember(member.name, known: known))
            }
        }
        return nil
    }

    private mutating func readLocks(_ value: JSONValue) -> RequestProblem? {
        if value == .null { return nil }
        guard let names = value.elements?.compactMap(\.string), names.count == value.elements?.count, names.count <= 64,
            names.allSatisfy({ (1...256).contains($0.utf8.count) })
        else { return invalid("locks must be a list of at most 64 names of 1 to 256 bytes") }
        request.locks = names
        return nil
    }

    private mutating func readLabels() throws(JSONProblem) -> RequestProblem? {
        guard try reader.peek() == Byte.openBrace else {
            let value = try reader.value()
            return value == .null ? nil : notAnObject("labels", value)
        }
        let start = reader.position
        var count = 0
        var areStrings = true
        var isFirst = true
        try reader.beginObject()
        while try reader.nextKey(&isFirst) != nil {
            count += 1
            let isString = try reader.peek() == Byte.quote
            areStrings = areStrings && isString
            _ = try reader.skipValue()
        }
        guard count <= 64, areStrings else { return invalid("labels must be an object of at most 64 strings") }
        request.labels = count == 0 ? [] : Array(request.bytes[start..<reader.position])
        return nil
    }

    private mutating func readTime(
        _ value: JSONValue, _ name: String, set: (inout StrategyRequest, Timestamp) -> Void
    ) -> RequestProblem? {
        if value == .null { return nil }
        guard let text = value.string, let time = Timestamp(rfc3339: text) else {
            return invalid("\(name) is \(value.text.cut(toBytes: 60)), must be a time like \"2026-01-31T09:30:00Z\"")
        }
        set(&request, time)
        return nil
    }

    private func invalid(_ message: String) -> RequestProblem { RequestProblem(.invalidRequest, message) }

    private func missing(_ name: String, _ expectation: String) -> RequestProblem {
        invalid("\(name) is missing; it must be \(expectation)")
    }

    private func notAnObject(_ name: String, _ value: JSONValue) -> RequestProblem {
        invalid("\(name) is \(value.kindName), must be an object")
    }
}
