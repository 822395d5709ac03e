#pragma once
// Criteo's click logs (the 1 TB data set) as AlgoPerf's criteo1tb reads them: tab-separated rows of
// a label, 13 counts and 26 categories as hexadecimal text.
//
//   counts      log(1 + max(x, 0)) in float32; a missing one (empty, or -1) is 0
//   categories  Fingerprint64 of the text followed by the column's number, 0 to 25, modulo the
//               column's vocabulary; a missing one (empty, or -1) is the text 00000000. The id is
//               then a float32: above 2^24 only every second number exists, above 2^25 every fourth
//
// Source   AlgoPerf's criteo1tb/input_pipeline.py (commit 2c90454fc05d)

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace timetrial::data {

inline constexpr std::size_t kCriteoCounts = 13, kCriteoCategories = 26;
inline constexpr std::size_t kCriteoColumns = kCriteoCounts + kCriteoCategories;

/// Of each category's column; AlgoPerf cites
/// https://cloud.google.com/tpu/docs/tutorials/dlrm-dcn-2.x.
inline constexpr std::array<std::int64_t, kCriteoCategories> kCriteoVocabularies = {
    39884406, 39043,    17289,    7420,     20263,  3,     7120, 1543, 63,
    38532951, 2953546,  403346,   10,       2208,   11938, 155,  4,    976,
    14,       39979771, 25641295, 39664984, 585935, 12972, 108,  36};

struct CriteoExample {
  float target = 0;
  std::array<float, kCriteoColumns> inputs{};  ///< counts, then categories
};

/// One line without its line feed. Throws workloads::DataError "WHERE: …" for another number of
/// fields or a number that is none; `where` is such as "day_0_03:17".
CriteoExample parse_criteo_row(std::string_view line, const std::string& where);

}  // namespace timetrial::data
