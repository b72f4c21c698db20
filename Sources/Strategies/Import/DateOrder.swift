/// The times of a file, read both ways while it is not clear whether 01/02/2024 is in January or in February.
struct DateOrder {
    private var monthFirst: [Int64] = []
    /// nil while no row has made a difference.
    private var dayFirst: [Int64]?
    private var monthOrder = TimeOrder()
    private var dayOrder = TimeOrder()
    /// The first row that can only be read the other way.
    private var notMonthFirst: (number: Int, text: String)?
    private var notDayFirst: (number: Int, text: String)?
    private var firstInDoubt: (number: Int, text: String)?

    mutating func take(_ time: TimeReading, _ field: ArraySlice<UInt8>, _ number: Int) {
        let (month, day) = (time.monthFirst ?? time.dayFirst ?? 0, time.dayFirst ?? time.monthFirst ?? 0)
        if time.monthFirst != time.dayFirst {
            if dayFirst == nil { (dayFirst, dayOrder) = (monthFirst, monthOrder) }
            let here = (number, String(decoding: field, as: UTF8.self))
            if time.monthFirst == nil { notMonthFirst = notMonthFirst ?? here }
            if time.dayFirst == nil { notDayFirst = notDayFirst ?? here }
            firstInDoubt = firstInDoubt ?? here
        }
        monthFirst.append(month)
        monthOrder.take(month, number)
        guard dayFirst != nil else { return }
        dayFirst?.append(day)
        dayOrder.take(day, number)
    }

    /// The times as they are meant: a row that reads one way only decides, then the order of the rows.
    ///
    /// - Parameter isMonthFirst: how they are meant where nothing else decides.
    /// - Throws: where both ways are possible, or neither is.
    func decided(isMonthFirst: Bool) throws(ImportProblem) -> (times: [Int64], order: TimeOrder) {
        guard let dayFirst else { return (monthFirst, monthOrder) }
        if let month = notDayFirst, let day = notMonthFirst {
            throw ImportProblem(
                "line \(month.number): \"\(month.text)\" has the month first and \"\(day.text)\" (line \(day.number)) "
                    + "the day; write dates like 2024-01-31")
        }
        if notDayFirst != nil { return (monthFirst, monthOrder) }
        if notMonthFirst != nil { return (dayFirst, dayOrder) }
        if isMonthFirst || monthFirst == dayFirst { return (monthFirst, monthOrder) }
        guard monthOrder.isOrdered == dayOrder.isOrdered else {
            return monthOrder.isOrdered ? (monthFirst, monthOrder) : (dayFirst, dayOrder)
        }
        let (number, text) = firstInDoubt ?? (0, "")
        throw ImportProblem(
            "line \(number): \"\(text)\" reads with the month first and with the day first, and no row of the file "
                + "decides it; write dates like 2024-01-31")
    }
}
