#pragma once
// Submission::save and load over the safetensors format.
//
//   StateArchiveWriter out("submission/");
//   submission.save(out);
//   … more writers with other prefixes …
//   tensorfile::write_file(file, out.tensors(), out.metadata());
//
//   const tensorfile::Reader file(path);
//   StateArchiveReader in(file, "submission/");
//   submission.load(training, in);
//
// Values come back bit for bit: doubles are kept as their 64 bits, texts as bytes. Tensors are kept
// dense and in row-major order; aliasing between tensors is not kept. dtypes: float16, float32,
// float64, bfloat16, int8 to int64, uint8, bool.

#include "harness/tensorfile/safetensors.h"

#include <ATen/core/Tensor.h>
#include <timetrial/state.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace timetrial::sdk {

class StateArchiveWriter final : public StateWriter {
 public:
  /// Every name in the file begins with `prefix`, so several archives fit in one file.
  explicit StateArchiveWriter(std::string prefix) : prefix_(std::move(prefix)) {}

  /// Throw std::invalid_argument for a name written before, an empty name, one with bytes outside
  /// printable ASCII, and for a dtype not listed above.
  void put(const std::string& name, const at::Tensor& value) override;
  void put(const std::string& name, const std::vector<at::Tensor>& values) override;
  void put(const std::string& name, double value) override;
  void put(const std::string& name, std::int64_t value) override;
  void put(const std::string& name, const std::string& value) override;

  /// Views valid while this object lives. They share memory with dense CPU tensors that were put:
  /// write them out before training goes on.
  const std::vector<tensorfile::TensorView>& tensors() const { return views_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void declare(const std::string& name, const std::string& kind);
  void add(const std::string& key, const at::Tensor& value);

  std::string prefix_;
  std::vector<tensorfile::TensorView> views_;
  std::map<std::string, std::string> metadata_;
  std::vector<at::Tensor> kept_;  ///< own the bytes of views_
  std::deque<std::string> texts_;
};

class StateArchiveReader final : public StateReader {
 public:
  /// Borrows `file`.
  StateArchiveReader(const tensorfile::Reader& file, std::string prefix);

  bool contains(const std::string& name) const override;
  at::Tensor tensor(const std::string& name) const override;
  std::vector<at::Tensor> tensors(const std::string& name) const override;
  double number(const std::string& name) const override;
  std::int64_t integer(const std::string& name) const override;
  std::string text(const std::string& name) const override;

 private:
  /// What follows the kind in the declaration.
  std::string declared(const std::string& name, const std::string& kind) const;
  at::Tensor read(const std::string& key) const;

  const tensorfile::Reader& file_;
  std::string prefix_;
};

}  // namespace timetrial::sdk
