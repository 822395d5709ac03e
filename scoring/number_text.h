#pragma once
// How numbers read in tables, the same in every format. Data formats (CSV, JSON) carry all digits.

#include <cstdint>
#include <map>
#include <string>

namespace timetrial::scoring {

/// "0.7062"
std::string score_text(double score);
/// "37.42 s", "4575.8 s"; "never" when infinite.
std::string seconds_text(double seconds);
/// "1.36×"; "–" when infinite.
std::string ratio_text(double ratio);
/// A length of time for people: "45.3 s", "12m 05s", "1h 04m".
std::string duration_text(double seconds);
/// Six significant digits; "not finite" otherwise.
std::string metric_text(double value);
/// "beta1=0.9, learning_rate=0.00123"; "–" when empty.
std::string point_text(const std::map<std::string, double>& point);
/// All digits: the shortest text that reads back as the same number. Needs a finite value.
std::string exact_text(double value);
/// "2026-11-23 12:45 UTC" of nanoseconds since 1970.
std::string date_text(std::int64_t ns);

/// A field of RFC 4180: in quotes where it holds a comma, a quote or a line end.
std::string csv_field(const std::string& text);

}  // namespace timetrial::scoring
