// A source bundle of the training program whose build_worker.sh is a few lines of bash that a test writes: fast, and as good or bad
// as wanted. What it installs is this tree's own program. Test code.
#pragma once

#include "tests/cluster/loopback.h"
#include "tests/support/temp_folder.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace attune::test {

/// At hand in `lines`: `progress N WORDS`, `fail CODE WHAT`, `install` (as ID "one"), $workers, $environment, $home. Each call of the
/// builder adds a line to ~/builds; TERM is answered as by the real one.
inline std::string workerBundle(const TempFolder &folder, const std::string &lines, const std::string &program) {
  const std::string name = "attune-worker-0.0.1", tree = folder.path() + "/" + name;
  std::filesystem::create_directories(tree);
  std::ofstream(tree + "/BUNDLE") << "0.0.1\nabcdef012345\n";
  std::ofstream(tree + "/build_worker.sh")
      << "#!/bin/bash\n"
         "echo \"$$ $*\" >>~/builds\n"
         "while [ $# -gt 0 ]; do case $1 in --workers) workers=$2 ;; --environment) environment=$2 ;; esac; shift 2; done\n"
         "progress() { echo \"@@worker progress $1 ${*:2}@@\"; }\n"
         "fail() { echo \"Failed: ${*:2}\"; echo 'What to do: as said.'; echo \"@@worker failed $1@@\"; exit 1; }\n"
         "trap 'fail stopped The build was stopped.' TERM\n"
         "install() {\n"
         "  mkdir -p $workers/one/bin\n"
         "  printf '#!/bin/sh\\nexec %s \"$@\"\\n' "
      << program
      << " >$workers/one/bin/attune\n"
         "  chmod 755 $workers/one/bin/attune\n"
         "  sha=''; [ -z \"$environment\" ] || sha=$(sha256sum <$environment | cut -c1-64)\n"
         "  echo '{\"format\":1,\"version\":\"0.0.1\",\"bundle\":\"abcdef012345\",\"id\":\"one\",\"torch\":{\"build\":\"2.1.0+dtk2310\","
         "\"kind\":\"dtk\"},\"compiler\":\"gcc 11.4.0\",\"environment\":\"'$environment'\",\"environment_sha256\":\"'$sha'\","
         "\"host\":\"'$(uname -n)'\",\"built\":\"2026-11-27T13:02:11Z\",\"checked\":true}' >$workers/one/worker.json\n"
         "  progress 100 installed\n"
         "  echo \"@@worker done $workers/one@@\"\n"
         "}\n"
      << lines << "\n";
  const std::string bundle = folder.path() + "/bundle.tar.gz";
  outputOf("tar -C " + folder.path() + " -czf " + bundle + " " + name);
  return bundle;
}

} // namespace attune::test
