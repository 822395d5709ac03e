#include "optim/pass.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "optim/cpu_loops.h"
#include "optim/gpu_pass.h"
#include "optim/pieces.h"

namespace timetrial::optim {
namespace {

const Loops& choose_loops() {
#ifdef TIMETRIAL_X86_LOOPS
  // LibTorch's choice, so that ATEN_CPU_CAPABILITY holds here too.
  const std::string capability = at::get_cpu_capability();
#ifdef TIMETRIAL_AVX512_LOOPS
  if (capability == "AVX512") return avx512_loops();
#endif
  if (capability == "AVX512" || capability == "AVX2") return avx2_loops();
#endif
  return baseline_loops();
}

[[noreturn]] void refuse(std::size_t stream, std::size_t i, const std::string& what) {
  throw std::invalid_argument("list " + std::to_string(stream) + ", tensor " + std::to_string(i) +
                              ": " + what);
}

/// How many streams have all elements: the others are spread.
std::size_t whole_streams(const RuleFacts& facts) {
  return static_cast<std::size_t>(facts.spread ? facts.streams - 2 : facts.streams);
}

/// The shape that a tensor of this stream must have.
std::vector<std::int64_t> wanted_sizes(const RuleFacts& facts, std::size_t stream,
                                       const at::Tensor& first) {
  auto sizes = first.sizes().vec();
  if (stream < whole_streams(facts)) return sizes;
  sizes.erase(sizes.end() - (stream == whole_streams(facts) ? 1 : 2));  // width, or height
  return sizes;
}

void check(const RuleFacts& facts, const std::vector<at::TensorList>& streams,
           const std::vector<double>& scalars) {
  const std::size_t count = streams[0].size();
  for (std::size_t s = 0; s < streams.size(); ++s) {
    if (streams[s].size() != count) {
      refuse(s, streams[s].size(), "the first list has " + std::to_string(count) + " tensors");
    }
    for (std::size_t i = 0; i < count; ++i) {
      const at::Tensor& tensor = streams[s][i];
      if (!tensor.defined()) refuse(s, i, "is undefined");
      if (!at::isFloatingType(tensor.scalar_type())) refuse(s, i, "is of no floating type");
      if (tensor.layout() != at::kStrided) refuse(s, i, "is not strided");
      if (s == 0 && facts.spread && tensor.dim() < 2) refuse(s, i, "is no matrix");
      if (tensor.sizes() != wanted_sizes(facts, s, streams[0][i])) {
        refuse(s, i, "has another shape than the first");
      }
      if (tensor.device() != streams[0][0].device()) refuse(s, i, "is on another device");
      if (!tensor.is_cpu() && !tensor.is_cuda()) refuse(s, i, "is on neither a CPU nor a GPU");
    }
  }
  if (scalars.size() != count * static_cast<std::size_t>(facts.scalars)) {
    throw std::invalid_argument("a rule was given " + std::to_string(scalars.size()) + " numbers");
  }
}

bool is_written(const RuleFacts& facts, std::size_t stream) {
  return (facts.written >> stream & 1U) != 0;
}

/// Whether the tensor can be worked on where it lies, beside a first one of its type.
bool lies_well(const at::Tensor& tensor, const at::Tensor& first, bool in_rows) {
  if (tensor.scalar_type() != first.scalar_type()) return false;
  if (in_rows) return tensor.is_contiguous();
  return tensor.is_non_overlapping_and_dense() && tensor.strides() == first.strides();
}

Row row_of(const RuleFacts& facts, const std::vector<at::TensorList>& streams, std::size_t i) {
  Row row;
  const at::Tensor& first = streams[0][i];
  const auto type = first.scalar_type();
  bool in_place = type == at::kFloat || type == at::kDouble;
  for (const auto& stream : streams) {
    const at::Tensor& tensor = stream[i];
    in_place = in_place && lies_well(tensor, first, facts.spread);
    row.tensors.push_back(tensor);
  }
  if (in_place) return row;
  row.copied = true;
  for (auto& tensor : row.tensors) {
    const auto wanted = type == at::kDouble ? at::kDouble : at::kFloat;
    tensor = tensor.to(tensor.options().dtype(wanted), /*non_blocking=*/false, /*copy=*/true)
                 .contiguous();
  }
  return row;
}

void run(const RuleFacts& facts, const void* rule, const std::vector<Row>& rows,
         const Pieces& pieces, const std::vector<double>& scalars, std::vector<double>& sums) {
  const Loops& loops = best_loops();
  const auto per_scalar = static_cast<std::size_t>(facts.scalars);
  const auto per_sum = static_cast<std::size_t>(facts.sums);
  const std::size_t whole = whole_streams(facts);
  std::vector<std::array<std::byte*, kMostStreams>> data(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t s = 0; s < rows[i].tensors.size(); ++s) {
      data[i][s] = static_cast<std::byte*>(rows[i].tensors[s].mutable_data_ptr());
    }
  }
  at::parallel_for(0, pieces.blocks(), 1, [&](std::int64_t begin, std::int64_t end) {
    pieces.visit(begin, end, [&](std::size_t i, std::int64_t k) {
      const at::Tensor& tensor = rows[i].tensors[0];
      const bool in_float = tensor.scalar_type() == at::kFloat;
      Piece piece;
      piece.size = std::min(kPiece, tensor.numel() - k * kPiece);
      const std::int64_t before = k * kPiece, bytes_before = before * tensor.element_size();
      for (std::size_t s = 0; s < rows[i].tensors.size(); ++s) {
        piece.streams[s] = data[i][s] + (s < whole ? bytes_before : 0);
      }
      if (facts.spread) {
        piece.matrices = matrices_of(tensor);
        piece.before = before;
      }
      piece.scalars = scalars.data() + i * per_scalar;
      piece.sums = sums.data() + (pieces.first_of(i) + static_cast<std::size_t>(k)) * per_sum;
      (in_float ? loops.in_float : loops.in_double)[facts.place](rule, piece);
    });
  });
}

/// Of each tensor, from those of its pieces.
std::vector<double> total(const RuleFacts& facts, const Pieces& pieces, std::size_t tensors,
                          const std::vector<double>& sums) {
  const auto per_sum = static_cast<std::size_t>(facts.sums);
  std::vector<double> result(tensors * per_sum,
                             facts.minima ? std::numeric_limits<double>::infinity() : 0);
  for (std::size_t i = 0; i < tensors; ++i) {
    const std::size_t end = i + 1 < tensors ? pieces.first_of(i + 1) : pieces.count();
    for (std::size_t piece = pieces.first_of(i); piece < end; ++piece) {
      for (std::size_t k = 0; k < per_sum; ++k) {
        double& value = result[i * per_sum + k];
        const double more = sums[piece * per_sum + k];
        value = facts.minima ? std::min(value, more) : value + more;
      }
    }
  }
  return result;
}

}  // namespace

const Loops& best_loops() {
  static const Loops& loops = choose_loops();
  return loops;
}

std::vector<double> pass(const RuleFacts& facts, const void* rule,
                         const std::vector<at::TensorList>& streams,
                         const std::vector<double>& scalars) {
  if (streams[0].empty()) return {};
  check(facts, streams, scalars);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < streams[0].size(); ++i) rows.push_back(row_of(facts, streams, i));
  const Pieces pieces(rows);
  std::vector<double> sums(pieces.count() * static_cast<std::size_t>(facts.sums));
  if (streams[0][0].is_cuda()) {
    run_on_gpu(facts, rule, rows, pieces, scalars, sums);
  } else {
    run(facts, rule, rows, pieces, scalars, sums);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t s = 0; s < streams.size(); ++s) {
      if (!is_written(facts, s)) continue;
      if (rows[i].copied) {
        streams[s][i].copy_(rows[i].tensors[s]);
      } else {
        streams[s][i].unsafeGetTensorImpl()->bump_version();
      }
    }
  }
  return total(facts, pieces, rows.size(), sums);
}

}  // namespace timetrial::optim
