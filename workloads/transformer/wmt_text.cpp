#include "workloads/transformer/wmt_text.h"

#include <timetrial/random.h>

#include <algorithm>
#include <iterator>

#include "workloads/data/preparation.h"
#include "workloads/data/subwords.h"
#include "workloads/transformer/parallel_text.h"
#include "workloads/transformer/translation_data.h"

namespace timetrial::transformer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy = "docs/data/wmt.md says how the folder must lie";
constexpr const char* kSplits[] = {"train", "valid", "test"};
constexpr const char* kGivenModel = "sentencepiece.model";

fs::path text_file(const fs::path& source, const std::string& split, const char* language) {
  return source / (split + "." + language);
}

ParallelText open_text(const fs::path& source, const std::string& split, std::int64_t per_part) {
  return {text_file(source, split, "de"), text_file(source, split, "en"), per_part, kRemedy};
}

/// As the data set that AlgoPerf reads: pairs with an empty side are none.
bool is_pair(const TextPair& pair) { return !pair.other.empty() && !pair.english.empty(); }

/// About `wanted` pairs, evenly spread over the text.
std::vector<TextPair> spread_pairs(const ParallelText& text, std::int64_t wanted) {
  std::vector<TextPair> found;
  std::int64_t line = 0, next = 0;
  for (std::int64_t part = 0; part < text.parts(); ++part) {
    text.read(part, [&](const TextPair& pair) {
      if (line++ < next || !is_pair(pair)) return;
      found.push_back(pair);
      next = static_cast<std::int64_t>(found.size()) * text.lines() / wanted;
    });
  }
  return found;
}

/// AlgoPerf takes the first 10^7 bytes of a text in random order; this one may be in any.
std::string trained_model(const ParallelText& text, const WmtPreparation& settings) {
  const double share =
      static_cast<double>(settings.subword_text) / static_cast<double>(text.bytes());
  const auto wanted = static_cast<std::int64_t>(share * static_cast<double>(text.lines()));
  const auto pairs = spread_pairs(text, std::clamp<std::int64_t>(wanted, 1, text.lines()));
  std::size_t next = 0;
  return data::Subwords::train(
      [&]() -> std::optional<std::string> {
        if (next == 2 * pairs.size()) return std::nullopt;
        const TextPair& pair = pairs[next / 2];
        return next++ % 2 == 0 ? pair.other : pair.english;
      },
      {.pieces = settings.pieces, .threads = settings.subword_threads});
}

data::Subwords checked_model(const fs::path& file, std::int64_t pieces) {
  auto subwords = data::Subwords::read(file, kRemedy);
  if (subwords.size() != pieces || subwords.end() != metrics::BeamSearchOptions().end_token) {
    throw workloads::DataError(file.string() + ": " + std::to_string(subwords.size()) +
                               " pieces, the end of a text is " + std::to_string(subwords.end()) +
                               "; expected " + std::to_string(pieces) +
                               " and 2, as SentencePiece numbers them by default");
  }
  return subwords;
}

/// The pairs of text that are short enough, as tokens.
class Encoder {
 public:
  Encoder(const data::Subwords& subwords, std::int64_t longest)
      : subwords_(subwords), longest_(static_cast<std::size_t>(longest)) {}

  void add(const TextPair& text, std::vector<SentencePair>& pairs) const {
    if (!is_pair(text)) return;
    SentencePair pair{encode(text.other), encode(text.english)};
    if (std::max(pair.inputs.size(), pair.targets.size()) <= longest_) {
      pairs.push_back(std::move(pair));
    }
  }

 private:
  Tokens encode(const std::string& text) const {
    const auto ids = subwords_.encode(text);
    Tokens tokens(ids.begin(), ids.end());
    tokens.push_back(subwords_.end());
    return tokens;
  }

  const data::Subwords& subwords_;
  const std::size_t longest_;
};

/// In random order: rows of neighbours would be rows of one document.
void shuffle(std::vector<SentencePair>& pairs, std::int64_t part) {
  Random random(derive_seed(0, "order of wmt's training pairs", static_cast<std::uint64_t>(part)));
  for (std::size_t i = pairs.size(); i > 1; --i) std::swap(pairs[i - 1], pairs[random.below(i)]);
}

class Wmt {
 public:
  Wmt(const fs::path& source, const fs::path& out, const WmtPreparation& settings)
      : source_(source),
        out_(out),
        settings_(settings),
        training_(open_text(source, kSplits[0], settings.pairs_per_shard)),
        validation_(open_text(source, kSplits[1], settings.pairs_per_shard)),
        test_(open_text(source, kSplits[2], settings.pairs_per_shard)),
        preparation_(
            out, "pairs",
            training_.lines() + validation_.lines() + test_.lines() + settings.train_subset) {}

  void prepare() {
    const data::Subwords subwords = prepare_subwords();
    const Encoder encoder(subwords, settings_.length);
    write_held_back("validation", validation_, encoder);
    write_held_back("test", test_, encoder);
    write_train_subset(encoder);
    for (std::int64_t part = 0; part < training_.parts(); ++part) write_shard(part, encoder);
  }

 private:
  data::Subwords prepare_subwords() {
    const fs::path name = fs::path("held_back") / kSubwordsFile;
    preparation_.file(name, 0, [&](const fs::path& partial) {
      if (fs::exists(source_ / kGivenModel)) {
        checked_model(source_ / kGivenModel, settings_.pieces);
        fs::copy_file(source_ / kGivenModel, partial, fs::copy_options::overwrite_existing);
      } else {
        data::Subwords::write(partial, trained_model(training_, settings_));
      }
    });
    return checked_model(out_ / name, settings_.pieces);
  }

  std::vector<SentencePair> encoded(const ParallelText& text, std::int64_t part,
                                    const Encoder& encoder) {
    std::vector<SentencePair> pairs;
    text.read(part, [&](const TextPair& pair) {
      encoder.add(pair, pairs);
      preparation_.advance();
    });
    return pairs;
  }

  void write_held_back(const std::string& split, const ParallelText& text, const Encoder& encoder) {
    preparation_.file("held_back/" + split + ".safetensors", text.lines(),
                      [&](const auto& partial) {
                        std::vector<SentencePair> pairs;
                        for (std::int64_t part = 0; part < text.parts(); ++part) {
                          auto more = encoded(text, part, encoder);
                          std::move(more.begin(), more.end(), std::back_inserter(pairs));
                        }
                        write_pairs(partial, pairs, settings_.length);
                      });
  }

  void write_train_subset(const Encoder& encoder) {
    const auto write = [&](const fs::path& partial) {
      std::vector<SentencePair> pairs;
      for (const TextPair& pair : spread_pairs(training_, settings_.train_subset)) {
        encoder.add(pair, pairs);
      }
      write_pairs(partial, pairs, settings_.length);
    };
    preparation_.file("held_back/train_subset.safetensors", settings_.train_subset, write);
  }

  void write_shard(std::int64_t part, const Encoder& encoder) {
    const auto write = [&](const fs::path& partial) {
      auto pairs = encoded(training_, part, encoder);
      shuffle(pairs, part);
      write_rows(partial, pairs, settings_.length);
    };
    preparation_.file(fs::path("training") / rows_file(part), training_.lines(part), write);
  }

  const fs::path source_, out_;
  const WmtPreparation settings_;
  const ParallelText training_, validation_, test_;
  data::Preparation preparation_;
};

}  // namespace

void prepare_wmt(const fs::path& source, const fs::path& out, const WmtPreparation& settings) {
  Wmt(source, out, settings).prepare();
}

std::uint64_t wmt_bytes_to_prepare(const fs::path& source) {
  std::uint64_t text = 0;
  for (const char* split : kSplits) {
    for (const char* language : {"de", "en"}) {
      const fs::path file = text_file(source, split, language);
      if (!fs::is_regular_file(file)) {
        throw workloads::DataError(file.string() + ": no such file; " + kRemedy);
      }
      text += fs::file_size(file);
    }
  }
  // A token is about 4.2 bytes of text, and three numbers of two bytes; rows are filled to about
  // 85 %.
  return static_cast<std::uint64_t>(static_cast<double>(text) / 4.2 * 6 / 0.85);
}

}  // namespace timetrial::transformer
