// Runs the real program and returns its exit code and both outputs. For tests; one thread at a time.
#pragma once

#include "core/base/json.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace attune::test {

struct ProgramResult {
  int code = -1; // 128 + n when a signal ended it
  std::string out;
  std::string err;
  size_t peakBytes = 0; // of its memory

  /// The one JSON object on stdout; null when it is none.
  Json json() const {
    const auto parsed = parseJson(out, "stdout");
    return parsed.ok() ? *parsed : Json();
  }
};

inline std::string slurp(const std::string &path) {
  std::string text;
  if (FILE *file = std::fopen(path.c_str(), "rb")) {
    char buffer[65536];
    for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, n);
    std::fclose(file);
  }
  return text;
}

/// Runs build/bin/attune with `arguments`; stdin holds `input`, which fits into a pipe.
inline ProgramResult runAttune(const std::vector<std::string> &arguments, const std::string &input = "") {
  char outPath[] = "/tmp/attune-out-XXXXXX";
  char errPath[] = "/tmp/attune-err-XXXXXX";
  const int out = mkstemp(outPath);
  const int err = mkstemp(errPath);
  int in[2] = {-1, -1};
  const bool fed = pipe(in) == 0 && write(in[1], input.data(), input.size()) == static_cast<ssize_t>(input.size());
  close(in[1]);
  const pid_t child = fork();
  if (child == 0) {
    dup2(fed ? in[0] : open("/dev/null", O_RDONLY), 0);
    dup2(out, 1);
    dup2(err, 2);
    std::vector<char *> words = {const_cast<char *>(ATTUNE_BINARY)};
    for (const std::string &argument : arguments) words.push_back(const_cast<char *>(argument.c_str()));
    words.push_back(nullptr);
    execv(ATTUNE_BINARY, words.data());
    _exit(127);
  }
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  close(in[0]);
  close(out);
  close(err);
  ProgramResult result{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), slurp(outPath), slurp(errPath), 0};
  unlink(outPath);
  unlink(errPath);
  result.peakBytes = static_cast<size_t>(used.ru_maxrss) * 1024;
  return result;
}

} // namespace attune::test
