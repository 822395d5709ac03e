#pragma once
// A vision transformer from its parameters by name, in double precision, one formula after the
// other: what models without recorded numbers are compared with. Which variant it is shows in the
// parameters it has (a gate, a probe, biases, one norm for two branches), but for the weights of
// attention, the kind of norms and what is scaled.

#include "workloads/vit/vit.h"

#include <map>
#include <string>

namespace timetrial::test {

class PlainVit {
 public:
  /// Attention by softmax or relu. Sizes are those of the model, not the configuration's, but for
  /// heads.
  PlainVit(const workloads::Model& model, const vit::Config& config);
  at::Tensor logits(const at::Tensor& images) const;

 private:
  const at::Tensor& at(const std::string& name) const { return tensors_.at(name); }
  bool has(const std::string& name) const { return tensors_.contains(name); }
  at::Tensor linear(const std::string& name, const at::Tensor& x) const;
  at::Tensor norm(const std::string& name, const at::Tensor& x) const;
  at::Tensor attend(const std::string& name, const at::Tensor& query, const at::Tensor& key,
                    const at::Tensor& value) const;
  at::Tensor scaled_norm(const std::string& name, const at::Tensor& x) const;
  at::Tensor attention(const std::string& name, const at::Tensor& x) const;
  at::Tensor mlp(const std::string& name, const at::Tensor& x) const;
  at::Tensor block(const std::string& name, const at::Tensor& x, bool post_norm) const;
  at::Tensor pooled(const at::Tensor& x) const;

  double branch_scale() const;

  std::map<std::string, at::Tensor> tensors_;
  vit::Config config_;
};

}  // namespace timetrial::test
