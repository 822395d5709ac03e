#include "workloads/deepspeech/packed_lstm.h"

#include <cmath>

namespace timetrial::deepspeech {

Packing::Packing(const at::Tensor& paddings) : frames(paddings.size(1)) {
  const auto valid = (1 - paddings).sum(1).to(at::kLong).clamp_min(1);
  std::tie(lengths, order) = valid.sort(/*dim=*/0, /*descending=*/true);
  inverse = order.argsort();
  lengths = lengths.cpu();
}

PackedLstm::PackedLstm(nn::Builder& builder, const std::string& name, const PackedLstmSpec& spec)
    : spec_(spec) {
  const auto start = nn::uniform(1 / std::sqrt(static_cast<double>(spec.hidden)));
  const std::int64_t gates = 4 * spec.hidden;
  for (const auto* suffix : {"_l0", "_l0_reverse"}) {
    const auto add = [&](const char* what, ParameterType type, std::vector<std::int64_t> shape) {
      weights_.push_back(builder.parameter(name + "." + what + suffix, type, shape, start));
    };
    add("weight_ih", ParameterType::weight, {gates, spec.in});
    add("weight_hh", ParameterType::weight, {gates, spec.hidden});
    add("bias_ih", ParameterType::bias, {gates});
    add("bias_hh", ParameterType::bias, {gates});
    if (!spec.bidirectional) break;
  }
}

at::Tensor PackedLstm::operator()(const at::Tensor& x, const Packing& packing,
                                  bool training) const {
  const auto [data, batch_sizes] = at::_pack_padded_sequence(x.index_select(0, packing.order),
                                                             packing.lengths, /*batch_first=*/true);
  const auto start = at::zeros({spec_.bidirectional ? 2 : 1, x.size(0), spec_.hidden}, x.options());
  const auto output = std::get<0>(at::lstm(data, batch_sizes, {start, start}, weights_,
                                           /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0,
                                           training, spec_.bidirectional));
  const auto padded =
      std::get<0>(at::_pad_packed_sequence(output, batch_sizes, /*batch_first=*/true,
                                           /*padding_value=*/0, packing.frames));
  return padded.index_select(0, packing.inverse);
}

}  // namespace timetrial::deepspeech
