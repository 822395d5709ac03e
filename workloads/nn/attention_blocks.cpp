#include "workloads/nn/attention_blocks.h"

#include "workloads/nn/attention_loops.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace timetrial::nn {
namespace {

// Measured (bench/attention): the scores of a block and what meets them fit into a core's cache.
constexpr std::int64_t kQueries = 96, kKeys = 128;
static_assert(kKeys % kLane == 0);
static_assert(static_cast<int>(AttentionForm::relu) == 1);
static_assert(static_cast<int>(AttentionForm::sigmoid) == kPointwiseForms);

/// For the instruction set that LibTorch chose.
const AttentionLoops& best_loops() {
#ifdef __x86_64__
  const std::string capability = at::get_cpu_capability();
  if (capability == "AVX512") return avx512_attention_loops();
  if (capability == "AVX2") return avx2_attention_loops();
#endif
  return baseline_attention_loops();
}

std::int64_t whole(std::int64_t size, std::int64_t group) {
  return (size + group - 1) / group * group;
}

/// One head's rows in a tensor.
struct Rows {
  float* data;
  std::int64_t stride;

  Rows from(std::int64_t row) const { return {data + row * stride, stride}; }
};

/// A [B, heads, rows, D] tensor whose rows are neighbours in memory.
class Heads {
 public:
  explicit Heads(const at::Tensor& tensor)
      : tensor_(tensor.stride(-1) == 1 || tensor.size(-1) == 1 ? tensor : tensor.contiguous()),
        data_(static_cast<float*>(tensor_.data_ptr())) {}
  Rows operator[](std::int64_t head) const {
    const std::int64_t count = tensor_.size(1);
    return {data_ + head / count * tensor_.stride(0) + head % count * tensor_.stride(1),
            tensor_.stride(2)};
  }

 private:
  at::Tensor tensor_;
  float* data_;
};

/// Memory of one thread, aligned.
class Floats {
 public:
  explicit Floats(std::int64_t size) : tensor_(at::empty({size}, at::kFloat)) {}
  float* data() { return static_cast<float*>(tensor_.data_ptr()); }

 private:
  at::Tensor tensor_;
};

struct Sizes {
  std::int64_t queries, keys, width;
  std::int64_t wide = whole(width, kLane);        ///< a row, with zeros
  std::int64_t padded_keys = whole(keys, kLane);  ///< with rows of zeros

  /// Whether rows and keys need no zeros.
  bool is_whole() const { return wide == width && padded_keys == keys; }
};

/// `count` rows, then zeros up to `padded` of them; each value times `factor(row)`.
template <class Factor>
void copy_rows(const Rows& from, std::int64_t count, std::int64_t padded, const Sizes& sizes,
               const Factor& factor, float* to) {
  for (std::int64_t row = 0; row < padded; ++row, to += sizes.wide) {
    const std::int64_t here = row < count ? sizes.width : 0;
    const float by = row < count ? factor(row) : 0;
    for (std::int64_t i = 0; i < here; ++i) to[i] = from.data[row * from.stride + i] * by;
    std::fill(to + here, to + sizes.wide, 0.0F);
  }
}

float one(std::int64_t /*row*/) { return 1; }

/// Keys turned, each value times `factor`: for each block of kKeys of them, [wide, keys of the
/// block].
void turn_rows(const Rows& from, const Sizes& sizes, float factor, float* to) {
  std::fill_n(to, sizes.wide * sizes.padded_keys, 0.0F);
  for (std::int64_t first = 0; first < sizes.keys; first += kKeys) {
    const std::int64_t columns = std::min(kKeys, sizes.padded_keys - first);
    const std::int64_t filled = std::min(kKeys, sizes.keys - first);
    for (std::int64_t j = 0; j < filled; ++j) {
      const float* row = from.data + (first + j) * from.stride;
      for (std::int64_t i = 0; i < sizes.width; ++i) to[i * columns + j] = row[i] * factor;
    }
    to += sizes.wide * columns;
  }
}

/// What one block of queries and keys is.
struct Block {
  std::int64_t first_query, queries, first_key, keys;
  std::int64_t columns;  ///< keys, in whole groups of kLane

  std::int64_t scores() const { return queries * columns; }
};

class Attention {
 public:
  Attention(const AttentionOptions& options, std::int64_t queries, std::int64_t keys,
            std::int64_t width)
      : sizes({queries, keys, width}),
        scale(static_cast<float>(options.scale)),
        loops_(best_loops()),
        form_(static_cast<int>(options.form) - 1),
        causal_(options.causal) {
    for (std::int64_t i = 0; i < queries; ++i) {
      const auto visible = static_cast<double>(causal_ ? std::min(i + 1, keys) : keys);
      factors_.push_back(static_cast<float>(std::pow(visible, -options.alpha)));
    }
  }

  /// n_i^-alpha.
  float factor(std::int64_t query) const { return factors_[static_cast<std::size_t>(query)]; }

  Block block(std::int64_t first_query, std::int64_t first_key) const {
    return {first_query, std::min(kQueries, sizes.queries - first_query), first_key,
            std::min(kKeys, sizes.keys - first_key),
            std::min(kKeys, sizes.padded_keys - first_key)};
  }
  /// Whether any of its queries sees any of its keys.
  bool is_visible(const Block& b) const {
    return !causal_ || b.first_key <= b.first_query + b.queries - 1;
  }

  /// [queries, columns] of scores, or of the gradients of the weights, from the block's own
  /// queries.
  void pair(const Block& b, const Rows& own, const float* turned, float* out) const {
    loops_.multiply({b.queries, b.columns, sizes.width, own.data, own.stride, 1,
                     turned + b.first_key * sizes.wide, b.columns, out, b.columns, false});
  }
  /// out [queries, wide] (+)= weights rows, rows those of all keys.
  void gather(const Block& b, const float* weights, const Rows& rows, float* out, bool add) const {
    loops_.multiply({b.queries, sizes.wide, b.columns, weights, b.columns, 1,
                     rows.data + b.first_key * rows.stride, rows.stride, out, sizes.wide, add});
  }
  /// out [columns, wide] (+)= weights^T rows, rows those of the block's queries.
  void scatter(const Block& b, const float* weights, const float* rows, float* out,
               bool add) const {
    loops_.multiply({b.columns, sizes.wide, b.queries, weights, 1, b.columns,
                     rows + b.first_query * sizes.wide, sizes.wide, out, sizes.wide, add});
  }

  void weigh(const Block& b, float* scores) const {
    loops_.apply[form_](scores, b.scores());
    hide(b, scores);
  }
  void weigh_with_slopes(const Block& b, float* scores, float* gradients) const {
    loops_.apply_slopes[form_](scores, gradients, b.scores());
    hide(b, scores);
    hide(b, gradients);
  }

  Sizes sizes;
  float scale;

 private:
  /// Zeros where a key comes after its query.
  void hide(const Block& b, float* pairs) const {
    if (!causal_ || b.first_key + b.columns - 1 <= b.first_query) return;
    for (std::int64_t i = 0; i < b.queries; ++i, pairs += b.columns) {
      const std::int64_t seen =
          std::clamp(b.first_query + i + 1 - b.first_key, std::int64_t{0}, b.columns);
      std::fill(pairs + seen, pairs + b.columns, 0.0F);
    }
  }

  const AttentionLoops& loops_;
  int form_;
  bool causal_;
  std::vector<float> factors_;
};

/// In the layout that merge_heads wants.
at::Tensor empty_like_heads(const at::Tensor& x) {
  return at::empty({x.size(0), x.size(2), x.size(1), x.size(3)}, x.options()).transpose(1, 2);
}

/// One head's block of queries in the forward pass.
class ForwardPass {
 public:
  explicit ForwardPass(const Attention& attention)
      : attention_(attention),
        keys_(attention.sizes.padded_keys * attention.sizes.wide),
        copied_(attention.sizes.padded_keys * attention.sizes.wide),
        sums_(kQueries * attention.sizes.wide),
        scores_(kQueries * kKeys) {}

  void take_head(const Rows& key, const Rows& value) {
    const Sizes& sizes = attention_.sizes;
    turn_rows(key, sizes, attention_.scale, keys_.data());
    if (sizes.is_whole()) {
      values_ = value;
      return;
    }
    copy_rows(value, sizes.keys, sizes.padded_keys, sizes, one, copied_.data());
    values_ = {copied_.data(), sizes.wide};
  }

  void attend(std::int64_t first_query, const Rows& query, const Rows& output) {
    const Sizes& sizes = attention_.sizes;
    const std::int64_t count = std::min(kQueries, sizes.queries - first_query);
    for (std::int64_t first_key = 0; first_key < sizes.keys; first_key += kKeys) {
      const Block block = attention_.block(first_query, first_key);
      if (!attention_.is_visible(block)) break;
      attention_.pair(block, query.from(first_query), keys_.data(), scores_.data());
      attention_.weigh(block, scores_.data());
      attention_.gather(block, scores_.data(), values_, sums_.data(), first_key > 0);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const float factor = attention_.factor(first_query + i);
      float* to = output.from(first_query + i).data;
      const float* sums = sums_.data() + i * sizes.wide;
      for (std::int64_t d = 0; d < sizes.width; ++d) to[d] = sums[d] * factor;
    }
  }

 private:
  const Attention& attention_;
  Floats keys_, copied_, sums_, scores_;
  Rows values_ = {};
};

/// One head in the backward pass.
class BackwardPass {
 public:
  explicit BackwardPass(const Attention& attention)
      : attention_(attention),
        query_(attention.sizes.queries * attention.sizes.wide),
        output_gradient_(attention.sizes.queries * attention.sizes.wide),
        query_gradient_(attention.sizes.queries * attention.sizes.wide),
        key_(attention.sizes.padded_keys * attention.sizes.wide),
        turned_key_(attention.sizes.padded_keys * attention.sizes.wide),
        turned_value_(attention.sizes.padded_keys * attention.sizes.wide),
        key_gradient_(kKeys * attention.sizes.wide),
        value_gradient_(kKeys * attention.sizes.wide),
        scores_(kQueries * kKeys),
        slopes_(kQueries * kKeys) {}

  void take_head(const Rows& output_gradient, const Rows& query, const Rows& key,
                 const Rows& value) {
    const Sizes& sizes = attention_.sizes;
    copy_rows(
        query, sizes.queries, sizes.queries, sizes, [&](std::int64_t) { return attention_.scale; },
        query_.data());
    copy_rows(
        output_gradient, sizes.queries, sizes.queries, sizes,
        [&](std::int64_t row) { return attention_.factor(row); }, output_gradient_.data());
    copy_rows(key, sizes.keys, sizes.padded_keys, sizes, one, key_.data());
    turn_rows(key, sizes, 1, turned_key_.data());
    turn_rows(value, sizes, 1, turned_value_.data());
  }

  void differentiate(const Rows& query_gradient, const Rows& key_gradient,
                     const Rows& value_gradient) {
    const Sizes& sizes = attention_.sizes;
    for (std::int64_t first_key = 0; first_key < sizes.keys; first_key += kKeys) {
      bool is_first = true;
      for (std::int64_t first_query = 0; first_query < sizes.queries; first_query += kQueries) {
        const Block block = attention_.block(first_query, first_key);
        if (!attention_.is_visible(block)) continue;
        add_block(block, is_first);
        is_first = false;
      }
      const std::int64_t count = std::min(kKeys, sizes.keys - first_key);
      put_rows(key_gradient_, first_key, is_first ? 0 : count, count, key_gradient);
      put_rows(value_gradient_, first_key, is_first ? 0 : count, count, value_gradient);
    }
    for (std::int64_t i = 0; i < sizes.queries; ++i) {
      const float* from = query_gradient_.data() + i * sizes.wide;
      float* to = query_gradient.data + i * query_gradient.stride;
      for (std::int64_t d = 0; d < sizes.width; ++d) to[d] = from[d] * attention_.scale;
    }
  }

 private:
  void add_block(const Block& block, bool is_first) {
    const Sizes& sizes = attention_.sizes;
    const auto own = [&](Floats& of) {
      return Rows{of.data(), sizes.wide}.from(block.first_query);
    };
    attention_.pair(block, own(query_), turned_key_.data(), scores_.data());
    attention_.pair(block, own(output_gradient_), turned_value_.data(), slopes_.data());
    attention_.weigh_with_slopes(block, scores_.data(), slopes_.data());
    attention_.scatter(block, scores_.data(), output_gradient_.data(), value_gradient_.data(),
                       !is_first);
    attention_.scatter(block, slopes_.data(), query_.data(), key_gradient_.data(), !is_first);
    attention_.gather(block, slopes_.data(), {key_.data(), sizes.wide},
                      query_gradient_.data() + block.first_query * sizes.wide, block.first_key > 0);
  }

  /// The sums of a block of keys; zeros for keys that no query sees.
  void put_rows(Floats& from, std::int64_t first, std::int64_t filled, std::int64_t count,
                const Rows& to) const {
    const Sizes& sizes = attention_.sizes;
    for (std::int64_t j = 0; j < count; ++j) {
      const float* row = from.data() + j * sizes.wide;
      float* out = to.data + (first + j) * to.stride;
      for (std::int64_t d = 0; d < sizes.width; ++d) out[d] = j < filled ? row[d] : 0;
    }
  }

  const Attention& attention_;
  Floats query_, output_gradient_, query_gradient_, key_, turned_key_, turned_value_, key_gradient_,
      value_gradient_, scores_, slopes_;
};

}  // namespace

at::Tensor attend_in_blocks(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            const AttentionOptions& options) {
  const Attention attention(options, query.size(2), key.size(2), query.size(3));
  at::Tensor output = empty_like_heads(query);
  const Heads queries(query), keys(key), values(value), outputs(output);
  const std::int64_t blocks = (query.size(2) + kQueries - 1) / kQueries;
  at::parallel_for(0, query.size(0) * query.size(1) * blocks, 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     ForwardPass pass(attention);
                     for (std::int64_t i = begin; i < end; ++i) {
                       const std::int64_t head = i / blocks;
                       if (i == begin || i % blocks == 0) pass.take_head(keys[head], values[head]);
                       pass.attend(i % blocks * kQueries, queries[head], outputs[head]);
                     }
                   });
  return output;
}

std::array<at::Tensor, 3> attention_gradients_in_blocks(const at::Tensor& output_gradient,
                                                        const at::Tensor& query,
                                                        const at::Tensor& key,
                                                        const at::Tensor& value,
                                                        const AttentionOptions& options) {
  const Attention attention(options, query.size(2), key.size(2), query.size(3));
  std::array<at::Tensor, 3> gradients = {empty_like_heads(query), empty_like_heads(key),
                                         empty_like_heads(value)};
  const Heads output_gradients(output_gradient), queries(query), keys(key), values(value);
  const Heads to_queries(gradients[0]), to_keys(gradients[1]), to_values(gradients[2]);
  at::parallel_for(0, query.size(0) * query.size(1), 1, [&](std::int64_t begin, std::int64_t end) {
    BackwardPass pass(attention);
    for (std::int64_t head = begin; head < end; ++head) {
      pass.take_head(output_gradients[head], queries[head], keys[head], values[head]);
      pass.differentiate(to_queries[head], to_keys[head], to_values[head]);
    }
  });
  return gradients;
}

}  // namespace timetrial::nn
