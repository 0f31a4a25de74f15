import FeedModel

/// GeoRSS (simple and GML), W3C geo and ICBM, as far as they name a point.
extension Draft {
    mutating func takeLocation(_ e: XMLElement) -> Bool {
        switch e.tag {
        case .point:
            if let pair = e.ownText { return takePair(pair, e) }
            return takeChildren(e)
        case .where: return takeChildren(e)
        case .pos, .coordinates: return e.text.map { takePair($0, e) } ?? false
        case .lat, .latitude: return takeNumber(e, \.latitude, within: 90)
        case .long, .lon, .lng, .longitude: return takeNumber(e, \.longitude, within: 180)
        case .latLong: return e.text.map { takePair($0, e) } ?? false
        default: return false
        }
    }

    private mutating func takeChildren(_ e: XMLElement) -> Bool {
        var isCarried = false
        for child in e.children where takeLocation(child) { isCarried = true }
        return isCarried
    }

    private mutating func takeNumber(_ e: XMLElement, _ path: WritableKeyPath<Draft, Double?>, within limit: Double)
        -> Bool
    {
        guard self[keyPath: path] == nil, let value = e.text.flatMap({ Numbers.decimal($0[...]) }), abs(value) <= limit
        else { return false }
        self[keyPath: path] = value
        return true
    }

    /// Latitude and longitude in degrees, unless a projected reference system is named (GML, `srsName`).
    private mutating func takePair(_ text: String, _ e: XMLElement) -> Bool {
        guard text.utf8.count <= Numbers.maximumLength else { return false }
        let parts = text.split { $0.isWhitespace || $0 == "," || $0 == ";" }
        guard latitude == nil, longitude == nil, parts.count == 2, let lat = Numbers.decimal(parts[0]),
            let lon = Numbers.decimal(parts[1]), abs(lat) <= 90, abs(lon) <= 180
        else { return false }
        (latitude, longitude) = (lat, lon)
        return true
    }
}
