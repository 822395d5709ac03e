#pragma once
// A fixed choice of examples by chance, such as the training examples that are evaluated.

#include <cstdint>
#include <string_view>
#include <vector>

namespace timetrial::data {

/// `count` different numbers from [0, of), in an order by chance: a function of the arguments, and
/// a shorter one is the beginning of a longer one. Throws std::invalid_argument unless
/// 0 <= count <= of.
std::vector<std::int64_t> subset(std::int64_t of, std::int64_t count, std::string_view purpose);

}  // namespace timetrial::data
