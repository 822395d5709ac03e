// A submission that goes wrong in the way its hyperparameter "behaviour" says, at its fifth step;
// 0 is stochastic gradient descent with momentum, and goes right.
#include <timetrial/submission.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

enum Behaviour {
  good = 0,
  throws = 1,
  segfaults = 2,
  hangs = 3,
  not_a_number = 4,
  allocates = 5,
  throws_in_init = 6,
  exits = 7,
  forks_a_busy_child = 8,
  completes = 9,
  kills_itself = 10,
  opens_a_connection = 11,
  reads_held_back_data = 12,
  writes_elsewhere = 13,
  signals_its_parent = 14,
  runs_a_program = 15,
};
constexpr std::int64_t kStep = 5;

/// Code that runs when the library is loaded, whatever the behaviour.
[[maybe_unused]] const bool wrote_at_load = std::ofstream(WRITTEN_AT_LOAD).good();

void allocate_without_end() {
  constexpr std::size_t kBytes = 64 << 20;
  while (true) {
    auto* block = static_cast<volatile char*>(::operator new(kBytes));
    for (std::size_t i = 0; i < kBytes; i += 4096) block[i] = 1;
  }
}

void succeeded(bool it_did, const char* what) {
  if (it_did) throw std::runtime_error(std::string("nothing kept it from ") + what);
}

void read_held_back_data() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(HELD_BACK_DATA, error)) {
    succeeded(std::ifstream(entry.path()).good(), "reading held-back data");
  }
  succeeded(!error, "listing held-back data");
}

void run_program() {
  const pid_t child = fork();
  if (child == 0) {
    execl("/usr/bin/true", "true", nullptr);
    _exit(1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  succeeded(status == 0, "running another program");
}

void fork_busy_child() {
  if (fork() == 0) {
    setsid();
    while (true) {
    }
  }
}

class Misbehaving final : public timetrial::Submission {
 public:
  std::int64_t batch_size(const timetrial::WorkloadInfo&) const override { return 256; }

  void init(timetrial::Training& training) override {
    behaviour_ = static_cast<Behaviour>(training.hyperparameters().get("behaviour", 0));
    if (behaviour_ == throws_in_init) throw std::invalid_argument("behaviour = 6 is out of range");
    for (const auto& p : training.parameters()) momentum_.push_back(at::zeros_like(p.tensor));
  }

  void update(timetrial::Training& training, const timetrial::Batch& batch) override {
    if (training.step() == kStep) misbehave(training);
    training.mean_loss(batch).backward();
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < momentum_.size(); ++i) {
      const at::Tensor& weight = training.parameters()[i].tensor;
      at::Tensor gradient = weight.grad();
      if (!gradient.defined()) continue;
      momentum_[i].mul_(0.9).add_(gradient);
      weight.add_(momentum_[i], -0.01);
      gradient.zero_();
    }
  }

  void save(timetrial::StateWriter& out) const override { out.put("momentum", momentum_); }
  void load(timetrial::Training&, timetrial::StateReader& in) override {
    momentum_ = in.tensors("momentum");
  }

 private:
  void misbehave(timetrial::Training& training) {
    switch (behaviour_) {
      case good:
      case throws_in_init:
        break;
      case throws:
        throw std::runtime_error("this went wrong on purpose");
      case segfaults:
        raise(SIGSEGV);
        break;
      case hangs:
        while (true) pause();
      case not_a_number: {
        const at::NoGradGuard no_grad;
        training.parameters()[0].tensor.fill_(std::numeric_limits<float>::quiet_NaN());
        break;
      }
      case allocates:
        allocate_without_end();
        break;
      case exits:
        std::_Exit(0);
      case forks_a_busy_child:
        fork_busy_child();
        break;
      case completes:
        throw timetrial::TrainingComplete();
      case kills_itself:
        raise(SIGKILL);
        break;
      case opens_a_connection:
        succeeded(socket(AF_INET, SOCK_STREAM, 0) >= 0, "the network");
        break;
      case reads_held_back_data:
        read_held_back_data();
        break;
      case writes_elsewhere:
        succeeded(std::ofstream(HELD_BACK_DATA "/../misbehaving").good(), "writing elsewhere");
        break;
      case signals_its_parent:
        succeeded(kill(getppid(), 0) == 0, "sending its parent a signal");
        break;
      case runs_a_program:
        run_program();
        break;
    }
  }

  Behaviour behaviour_ = good;
  std::vector<at::Tensor> momentum_;
};

}  // namespace

TIMETRIAL_SUBMISSION(Misbehaving, "misbehaving", "Timetrial authors")
