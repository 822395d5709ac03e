#include "workloads/lm/byte_text.h"

#include "workloads/lm/byte_windows.h"
#include "workloads/lm/likelihood.h"
#include "workloads/metrics/likelihood.h"

namespace timetrial::lm {
namespace {

class Training final : public workloads::TrainingData {
 public:
  Training(const std::filesystem::path& dir, std::int64_t sequence_length,
           const std::string& prepare_command)
      : windows_(dir / "train.safetensors", sequence_length, prepare_command) {}
  std::int64_t size() const override { return windows_.size(); }
  Batch gather(std::span<const std::int64_t> indices, std::uint64_t) const override {
    return windows_.gather(indices);
  }

 private:
  ByteWindows windows_;
};

class HeldBack final : public workloads::Evaluation {
 public:
  HeldBack(const std::filesystem::path& dir, std::int64_t sequence_length,
           const std::string& prepare_command)
      : splits_{ByteWindows(dir / "train_subset.safetensors", sequence_length, prepare_command),
                ByteWindows(dir / "validation.safetensors", sequence_length, prepare_command),
                ByteWindows(dir / "test.safetensors", sequence_length, prepare_command)} {
    default_batch_size = 64;
  }

  std::int64_t size(workloads::Split split) const override { return windows(split).size(); }

  std::map<std::string, double> evaluate(workloads::Model& model, workloads::Split split,
                                         std::int64_t batch_size) const override {
    const Likelihood sum = likelihood(
        model, size(split), batch_size,
        [&](std::span<const std::int64_t> indices) { return windows(split).gather(indices); });
    // A token is a byte.
    return {{"loss", sum.nats / sum.tokens},
            {"bits_per_byte", metrics::bits_per_byte(sum.nats, sum.tokens)}};
  }

 private:
  const ByteWindows& windows(workloads::Split split) const {
    return splits_[static_cast<std::size_t>(split)];
  }

  ByteWindows splits_[3];  // in the order of Split
};

}  // namespace

std::unique_ptr<workloads::TrainingData> open_byte_text(const std::filesystem::path& training_dir,
                                                        std::int64_t sequence_length,
                                                        const std::string& prepare_command) {
  return std::make_unique<Training>(training_dir, sequence_length, prepare_command);
}

std::unique_ptr<workloads::Evaluation> open_held_back_byte_text(
    const std::filesystem::path& held_back_dir, std::int64_t sequence_length,
    const std::string& prepare_command) {
  return std::make_unique<HeldBack>(held_back_dir, sequence_length, prepare_command);
}

}  // namespace timetrial::lm
