// From LibriSpeech's unpacked archives to the files that librispeech_data.h lists.
#include "workloads/data/audio_file.h"
#include "workloads/data/preparation.h"
#include "workloads/data/records.h"
#include "workloads/data/subwords.h"
#include "workloads/speech/librispeech.h"
#include "workloads/speech/librispeech_data.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <timetrial/random.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace timetrial::speech {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizerFile = "held_back/tokenizer.model";
constexpr const char* kBroughtTokenizer = "spm_model.vocab";
constexpr const char* kTokenizerText = "train-clean-100";
constexpr std::size_t kTokenizerCharacters = 10'000'000;
constexpr std::int64_t kPieces = 1024;

using List = std::vector<Utterance>;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw workloads::DataError(file.string() + ": cannot be read; unpack it again");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The first transcripts, in their order, until they have kTokenizerCharacters.
std::string train_tokenizer(const List& utterances) {
  std::size_t next = 0, characters = 0;
  return data::Subwords::train(
      [&]() -> std::optional<std::string> {
        if (next == utterances.size() || characters >= kTokenizerCharacters) return std::nullopt;
        const std::string& text = utterances[next++].transcript;
        characters += text.size();
        return text;
      },
      {.pieces = kPieces});
}

data::Subwords prepared_tokenizer(data::Preparation& preparation, const fs::path& root,
                                  const fs::path& out) {
  preparation.file(kTokenizerFile, 0, [&](const fs::path& partial) {
    const auto brought = root / kBroughtTokenizer;
    const auto model = fs::exists(brought)
                           ? bytes_of(brought)
                           : train_tokenizer(list_utterances(root, {kTokenizerText}).kept);
    std::ofstream(partial, std::ios::binary) << model;
  });
  auto tokenizer = data::Subwords::read(out / kTokenizerFile, "prepare the data again");
  if (tokenizer.size() != kPieces || tokenizer.end() < 0) {
    throw workloads::DataError((root / kBroughtTokenizer).string() + ": has " +
                               std::to_string(tokenizer.size()) +
                               " pieces; expected 1024, one of them the end of a text");
  }
  return tokenizer;
}

/// A column of targets and one of their counts.
void set_targets(const List& utterances, const data::Subwords& tokenizer, at::Tensor& targets,
                 at::Tensor& counts) {
  const auto rows = static_cast<std::int64_t>(utterances.size());
  targets = at::zeros({rows, kLongestTargets}, at::kShort);
  counts = at::empty({rows}, at::kInt);
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto& utterance = utterances[static_cast<std::size_t>(row)];
    auto ids = tokenizer.encode(utterance.transcript);
    ids.push_back(tokenizer.end());
    if (std::ssize(ids) > kLongestTargets) {
      throw workloads::DataError(utterance.audio.string() + ": its transcript has " +
                                 std::to_string(ids.size()) + " subwords; expected at most " +
                                 std::to_string(kLongestTargets) + "; bring another " +
                                 kBroughtTokenizer);
    }
    std::copy(ids.begin(), ids.end(),
              targets.mutable_data_ptr<std::int16_t>() + row * kLongestTargets);
    counts.mutable_data_ptr<std::int32_t>()[row] = static_cast<std::int32_t>(ids.size());
  }
}

/// The bytes of one recording, decoded once to see that they are whole.
std::string checked_recording(const Utterance& utterance) {
  auto bytes = bytes_of(utterance.audio);
  data::decode_audio(std::as_bytes(std::span(bytes)), utterance.audio.string());
  return bytes;
}

void write_split(data::Preparation& preparation, const fs::path& stem, const List& utterances,
                 const data::Subwords& tokenizer) {
  std::vector<std::uint64_t> sizes;
  at::Tensor targets, counts;
  set_targets(utterances, tokenizer, targets, counts);
  const auto samples = at::empty_like(counts);
  auto* sample_count = samples.mutable_data_ptr<std::int32_t>();
  for (const auto& utterance : utterances) {
    sizes.push_back(fs::file_size(utterance.audio));
    *sample_count++ = static_cast<std::int32_t>(utterance.samples);
  }
  data::write_records(
      preparation, stem, sizes,
      {{"samples", samples}, {"targets", targets}, {"target_counts", counts}},
      [&](std::int64_t i) { return checked_recording(utterances[static_cast<std::size_t>(i)]); });
}

/// kSubset utterances that depend on nothing but their ids, in the order of the training set.
List subset_of(const List& training) {
  if (std::ssize(training) <= kSubset) return training;
  const auto hash = [](const Utterance& one) { return std::pair(hash_text(one.id), one.id); };
  std::vector<std::pair<std::uint64_t, std::string>> hashes;
  for (const auto& one : training) hashes.push_back(hash(one));
  std::nth_element(hashes.begin(), hashes.begin() + kSubset, hashes.end());
  const auto bound = hashes[kSubset];
  List subset;
  std::copy_if(training.begin(), training.end(), std::back_inserter(subset),
               [&](const Utterance& one) { return hash(one) < bound; });
  return subset;
}

std::vector<std::string> all_folders() {
  auto folders = training_folders();
  for (const auto split : {workloads::Split::validation, workloads::Split::test}) {
    for (const auto& folder : held_back_folders(split)) folders.push_back(folder);
  }
  return folders;
}

}  // namespace

void prepare_librispeech(const fs::path& root, const fs::path& out) {
  const auto training = list_utterances(root, training_folders()).kept;
  const auto validation =
      list_utterances(root, held_back_folders(workloads::Split::validation)).kept;
  const auto test = list_utterances(root, held_back_folders(workloads::Split::test)).kept;
  const auto subset = subset_of(training);
  data::Preparation preparation(
      out, "utterances",
      std::ssize(training) + std::ssize(subset) + std::ssize(validation) + std::ssize(test));
  const auto tokenizer = prepared_tokenizer(preparation, root, out);
  write_split(preparation, "held_back/validation", validation, tokenizer);
  write_split(preparation, "held_back/test", test, tokenizer);
  write_split(preparation, "held_back/train_subset", subset, tokenizer);
  write_split(preparation, "training/audio", training, tokenizer);
}

std::uint64_t librispeech_bytes_to_prepare(const fs::path& root) {
  constexpr std::uint64_t kColumnBytes = kLongestTargets * sizeof(std::int16_t) + 16;
  std::uint64_t bytes = 0;
  for (const auto& folder : all_folders()) {
    const auto place = root / "LibriSpeech" / folder;
    if (!fs::is_directory(place)) {
      throw workloads::DataError(place.string() + ": no such folder; unpack the archive " + folder +
                                 ".tar.gz there, see docs/data/librispeech.md");
    }
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      if (entry.path().extension() == ".flac") bytes += entry.file_size() + kColumnBytes;
    }
  }
  return bytes + bytes / 40;  // the train subset is a fiftieth of the training set
}

}  // namespace timetrial::speech
