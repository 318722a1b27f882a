#include "remote/run/worker_output.h"

#include "core/base/ending.h"
#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/slurm/parse.h"

#include <algorithm>
#include <charconv>

namespace attune::remote {
namespace {

struct Known {
  const char *code;    // of build_worker.sh, or one of ours
  const char *name;    // the fault
  const char *message; // where the build said nothing
  const char *hint;
};

constexpr const char *kGoesOn = "Start it again: it goes on where it was.";

constexpr Known kKnown[] = {
    {"no-torch", "BUILD-NO-TORCH", "There is no libtorch on the login node.",
     "Name in the profile an environment script that loads the site's PyTorch (module load ..., conda activate ...), or give the folder "
     "of libtorch, which has include/ and lib/ (--torch DIR)."},
    {"old-torch", "BUILD-OLD-TORCH", "The libtorch of the environment is older than 2.1.",
     "Load a newer PyTorch in the environment script, or give the folder of another libtorch (--torch DIR)."},
    {"no-compiler", "BUILD-NO-COMPILER", "There is no C++ compiler that works.",
     "Load one in the environment script (module avail gcc), or give its path (--compiler CXX)."},
    {"old-compiler", "BUILD-OLD-COMPILER", "The C++ compiler is too old for this libtorch.",
     "Load a newer one in the environment script (module avail gcc), or give its path (--compiler CXX)."},
    {"no-cmake", "BUILD-NO-CMAKE", "There is no CMake.",
     "Load one in the environment script (module avail cmake), run python3 -m pip install --user cmake there, or give its path "
     "(--cmake PROGRAM)."},
    {"old-cmake", "BUILD-OLD-CMAKE", "CMake is older than 3.16.",
     "Load a newer one in the environment script (module avail cmake), run python3 -m pip install --user cmake there, or give its path "
     "(--cmake PROGRAM)."},
    {"no-make", "BUILD-NO-MAKE", "There is neither make nor ninja.",
     "Load one in the environment script (module avail make), or ask the site for its development tools."},
    {"no-disk", "BUILD-NO-DISK", "The disk or the quota is full.",
     "Make room, or choose another folder in the profile: the build takes 200 MB, the program 15 MB. Then start it again."},
    {"no-memory", "BUILD-NO-MEMORY", "The login node let the compiler have no more memory.",
     "Start it again with one compile at a time (--jobs 1): it goes on where it was."},
    {"environment", "BUILD-ENVIRONMENT", "The environment script cannot be sourced.",
     "Source it there by hand and mend what it says: it must be readable and must not call exit."},
    {"locked", "BUILD-LOCKED", "Another build goes on in this folder.", "Wait for its end, or end it where it runs."},
    {"configure", "BUILD-CONFIGURE", "CMake could not configure the build.",
     "Look at the output: it names what is missing. Send it with a report when it does not help."},
    {"compile", "BUILD-COMPILE", "A file did not compile.",
     "Try another compiler (--compiler CXX); else send the output with a report: it names the file and the error."},
    {"link", "BUILD-LINK", "The compiler and this libtorch do not go together.",
     "Choose the compiler that the site built torch with (module avail gcc; --compiler CXX)."},
    {"run", "BUILD-RUN", "The training program was built and does not run.",
     "If a library is missing, load it in the environment script; else try another compiler (--compiler CXX)."},
    {"bundle", "BUILD-BUNDLE", "The source bundle is not complete on the cluster.",
     "Remove the folders source-* below worker in the work folder there, then start it again."},
    {"usage", "BUILD-USAGE", "The build was given an option that it cannot use.",
     "Check the folders, the number of compiles and the memory."},
    {"stopped", "BUILD-STOPPED", "The build was stopped.", kGoesOn},
    {"gone", "BUILD-GONE", "The build ended without a word: the login node was restarted, or ends what outlives a session.",
     "Start it again: it goes on where it was. If that comes again, stay connected meanwhile, or build in a job."},
};

} // namespace

void WorkerOutput::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    const size_t room = kMaxLine - m_line.size();
    m_cut = m_cut || end > room;
    m_line.append(bytes.substr(0, std::min(end, room)));
    if (end == bytes.size()) return;
    endLine();
    bytes.remove_prefix(end + 1);
  }
}

void WorkerOutput::endLine() {
  if (endsWith(m_line, "\r")) m_line.pop_back();
  std::replace(m_line.begin(), m_line.end(), '\t', ' ');
  const std::string line = slurm::printable(m_line) + (m_cut ? "..." : "");
  const bool whole = !m_cut;
  m_line.clear();
  m_cut = false;
  if (line.rfind("@@worker ", 0) == 0) {
    if (whole && endsWith(line, "@@")) obey(std::string_view(line).substr(9, line.size() - 11));
    return;
  }
  if (line.rfind("Failed: ", 0) == 0) m_reason = shortened(line.substr(8), 600);
  if (m_hooks.line) m_hooks.line(line);
}

void WorkerOutput::obey(std::string_view words) {
  const auto after = [&](std::string_view verb) -> const char * {
    return words.substr(0, verb.size()) == verb ? words.data() + verb.size() : nullptr;
  };
  const char *last = words.data() + words.size();
  if (const char *at = after("progress ")) {
    int percent = -1;
    const auto parsed = std::from_chars(at, last, percent);
    if (parsed.ec != std::errc() || percent < 0 || percent > 100 || parsed.ptr == last || *parsed.ptr != ' ') return;
    if (m_hooks.progress) m_hooks.progress(percent, shortened(std::string(parsed.ptr + 1, last), 200));
  } else if (const char *folder = after("done ")) {
    m_prefix.assign(folder, last);
    m_code.clear();
  } else if (const char *code = after("failed ")) {
    m_code = shortened(std::string(code, last), 40);
    m_prefix.clear();
  }
}

Error buildFault(const std::string &code, const std::string &reason, const std::string &where) {
  for (const Known &known : kKnown)
    if (code == known.code) return fault(known.name, reason.empty() ? known.message : reason, where, known.hint);
  return fault("BUILD-FAILED", reason.empty() ? "The build failed: " + code + "." : reason, where, "Look at the build's output.");
}

} // namespace attune::remote
