#include "workloads/transformer/translate.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace timetrial::transformer {
namespace {

class CachedDecoder final : public metrics::BeamDecoder {
 public:
  CachedDecoder(const Transformer& model, const at::Tensor& inputs,
                const metrics::BeamSearchOptions& options)
      : model_(model), decoding_(model.start(inputs, options.beams, options.max_length)) {}

  at::Tensor next_logits(const at::Tensor& tokens) override {
    return model_.step(decoding_, tokens);
  }
  void keep(const at::Tensor& rows) override { decoding_.keep(rows); }

 private:
  const Transformer& model_;
  Decoding decoding_;
};

}  // namespace

at::Tensor translate(const Transformer& model, const at::Tensor& inputs,
                     const metrics::BeamSearchOptions& options) {
  const at::NoGradGuard no_grad;
  CachedDecoder decoder(model, inputs, options);
  const auto found = metrics::beam_search(decoder, inputs.size(0), options, inputs.device());
  return found.sequences.select(1, options.beams - 1).narrow(1, 1, options.max_length - 1);
}

std::vector<std::int64_t> sentence(std::span<const std::int64_t> row, std::int64_t end_token) {
  const auto end = std::find(row.begin(), row.end(), end_token);
  const auto count =
      end == row.end() ? std::min<std::ptrdiff_t>(1, std::ssize(row)) : end - row.begin() + 1;
  return {row.begin(), row.begin() + count};
}

std::int64_t scored_rows(const at::Tensor& targets) {
  return targets.select(1, 0).ne(0).sum().item<std::int64_t>();
}

}  // namespace timetrial::transformer
