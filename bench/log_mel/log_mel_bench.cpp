// The speech front end over a batch of audio: what log_mel.py compares with Python libraries.
//
//   log_mel_bench AUDIO ROWS THREADS REPEATS FEATURES
//
// AUDIO     16-bit samples at 16 kHz, ROWS rows of equal length, nothing else
// FEATURES  is written: float32 [ROWS, frames, 80], normalised
// Prints the seconds of each repeat, one a line.
#include "workloads/speech/log_mel.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>

namespace timetrial::speech {
namespace {

at::Tensor read_samples(const std::filesystem::path& file, std::int64_t rows) {
  const auto samples = static_cast<std::int64_t>(std::filesystem::file_size(file)) / 2;
  const auto audio = at::empty({rows, samples / rows}, at::kShort);
  std::ifstream(file, std::ios::binary)
      .read(static_cast<char*>(audio.mutable_data_ptr()),
            static_cast<std::streamsize>(audio.nbytes()));
  return audio.to(at::kFloat);
}

void run(char** arguments) {
  const auto audio = read_samples(arguments[1], std::stoll(arguments[2]));
  const auto paddings = at::zeros_like(audio);
  at::set_num_threads(std::stoi(arguments[3]));
  const LogMel front_end(at::kCPU);
  const auto features = front_end(audio, paddings).values.contiguous();  // and warm
  std::ofstream(arguments[5], std::ios::binary)
      .write(static_cast<const char*>(features.const_data_ptr()),
             static_cast<std::streamsize>(features.nbytes()));
  for (int repeat = std::stoi(arguments[4]); repeat > 0; --repeat) {
    const auto begin = std::chrono::steady_clock::now();
    front_end(audio, paddings);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::printf("%.6f\n", seconds.count());
  }
}

}  // namespace
}  // namespace timetrial::speech

int main(int count, char** arguments) {
  if (count != 6) {
    std::fprintf(stderr, "usage: log_mel_bench AUDIO ROWS THREADS REPEATS FEATURES\n");
    return 2;
  }
  try {
    timetrial::speech::run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "log_mel_bench: %s\n", error.what());
    return 1;
  }
}
