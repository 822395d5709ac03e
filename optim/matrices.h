#pragma once
// A tensor as a stack of matrices: its last two dimensions, in row-major order.

#include <cstdint>

namespace timetrial::optim {

struct Matrices {
  std::int64_t height = 0, width = 0;
};

}  // namespace timetrial::optim
