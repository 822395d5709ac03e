// Batches of a workload's training data as training draws them, on one thread: examples, and what
// is predicted (tokens of a language model or translation) a second.
//
//   batches_bench WORKLOAD DATA BATCH
//
// DATA   the folder that `timetrial data prepare` wrote to
// Prints the median, smallest and largest of nine rounds of half a second.
#include "workloads/workload.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace timetrial;

constexpr int kRounds = 9;
constexpr double kRoundSeconds = 0.5;

/// Batches in one random order, again and again.
class Reader {
 public:
  Reader(const workloads::TrainingData& data, std::int64_t batch)
      : data_(data), batch_(static_cast<std::size_t>(std::min(batch, data.size()))) {
    order_.resize(static_cast<std::size_t>(data.size()));
    std::iota(order_.begin(), order_.end(), 0);
    std::shuffle(order_.begin(), order_.end(), std::mt19937_64(1));
  }

  std::size_t batch() const { return batch_; }

  Batch next() {
    if (at_ + batch_ > order_.size()) at_ = 0;
    const std::span<const std::int64_t> indices(order_.data() + at_, batch_);
    at_ += batch_;
    return data_.gather(indices, seed_++);
  }

 private:
  const workloads::TrainingData& data_;
  std::size_t batch_, at_ = 0;
  std::uint64_t seed_ = 0;
  std::vector<std::int64_t> order_;
};

/// Batches a second.
double round_of(Reader& reader) {
  const auto begin = std::chrono::steady_clock::now();
  std::chrono::duration<double> passed{0};
  int count = 0;
  for (; passed.count() < kRoundSeconds; ++count) {
    reader.next();
    passed = std::chrono::steady_clock::now() - begin;
  }
  return count / passed.count();
}

void run(const std::string& name, const std::filesystem::path& data, std::int64_t batch) {
  at::set_num_threads(1);
  const auto workload = workloads::find(name).make();
  const auto training = workload->open_training(data / workload->facts().dataset / "training");
  Reader reader(*training, batch);
  const Batch first = reader.next();  // and warm
  const at::Tensor& weights = first.weights();
  const double predicted = weights.ne(0).sum().item<double>() *
                           static_cast<double>(first.targets().numel()) /
                           static_cast<double>(weights.numel());
  std::vector<double> rates;
  for (int i = 0; i < kRounds; ++i) rates.push_back(round_of(reader));
  std::sort(rates.begin(), rates.end());
  const auto line = [&](const char* what, double per_batch) {
    std::printf("%s: %.4g %s a second (%.4g to %.4g)\n", name.c_str(),
                rates[kRounds / 2] * per_batch, what, rates.front() * per_batch,
                rates.back() * per_batch);
  };
  line("examples", static_cast<double>(reader.batch()));
  line("targets", predicted);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: batches_bench WORKLOAD DATA BATCH\n");
    return 2;
  }
  try {
    run(arguments[1], arguments[2], std::stoll(arguments[3]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "batches_bench: %s\n", error.what());
    return 1;
  }
}
