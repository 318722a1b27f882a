# What build_worker.sh needs of the site, found and judged: compiler, CMake, make, libtorch, disk. Sourced by it; every function
# that finds nothing good ends the build with `fail`. Bash 4.2 and up.

say() { printf '%s\n' "$@"; }
# For the page that shows this output: a line of its own, the percentage of the whole build and what is going on.
progress() { printf '@@worker progress %d %s@@\n' "$1" "$2"; }

fail() { # fail CODE WHAT ADVICE
  say "Failed: $2" "What to do: $3"
  printf '@@worker failed %s@@\n' "$1"
  exit 1
}

at_least() { # at_least VERSION WANTED: by numbers, as 3.16 < 3.9 is false
  local IFS=. i
  local -a have=($1) want=($2)
  for i in 0 1 2; do
    local a=${have[i]:-0} b=${want[i]:-0}
    a=${a%%[!0-9]*} b=${b%%[!0-9]*}
    [[ $((10#0$a)) -eq $((10#0$b)) ]] || { [[ $((10#0$a)) -gt $((10#0$b)) ]]; return; }
  done
}

json_text() { # json_text WORDS: as a JSON string
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//[[:cntrl:]]/ }
  printf '"%s"' "$text"
}

identify() { printf '%s' "$*" | sha256sum | cut -c1-8; }

# A path as an answer of a program that a site's start-up files may make talk: the last line.
last_line() { tail -n 1 | tr -d '\r'; }

compiler_version() { # compiler_version PROGRAM: "gcc 11.4.0", "clang 14.0.6", or nothing when it is no C++ compiler
  local macros
  macros=$("$1" -dM -E -x c++ /dev/null 2>/dev/null) || return
  awk '{ value[$2] = $3 }
       END { if (value["__clang_major__"] != "") print "clang", value["__clang_major__"] "." value["__clang_minor__"] "." value["__clang_patchlevel__"];
             else if (value["__GNUC__"] != "") print "gcc", value["__GNUC__"] "." value["__GNUC_MINOR__"] "." value["__GNUC_PATCHLEVEL__"] }' <<<"$macros"
}

can_compile() { # can_compile PROGRAM STANDARD FOLDER: with the newer half of the standard library, and linked
  printf '#include <filesystem>\n#include <variant>\nint main() { return std::filesystem::exists("/") ? 0 : 1; }\n' >"$3/trial.cpp" &&
    "$1" -std=c++"$2" "$3/trial.cpp" -o "$3/trial" >"$3/trial.log" 2>&1
}

find_compiler() { # find_compiler ASKED STANDARD FOLDER: sets compiler, c_compiler and compiler_text
  local candidate path version minimum seen='' broken='' least=9
  [[ $2 -lt 20 ]] || least=11 # what GCC 9 and 10 call C++20 is not what libtorch asks for
  local advice="Load a newer one in the environment script (module avail gcc; scl_source enable gcc-toolset-12), or give it: --compiler /path/to/g++."
  local -a candidates=(${CXX:-} g++ c++ g++-15 g++-14 g++-13 g++-12 g++-11 g++-10 g++-9 x86_64-conda-linux-gnu-g++)
  for path in /opt/rh/*/root/usr/bin/g++; do candidates+=("$path"); done
  candidates+=(clang++)
  [[ -z $1 ]] || candidates=("$1")
  for candidate in "${candidates[@]}"; do
    path=$(command -v -- "$candidate") || continue
    version=$(compiler_version "$path")
    minimum=$least
    [[ $version != clang* ]] || minimum=$((least + 1))
    if [[ -z $version ]]; then
      broken=${broken:-$path is no C++ compiler}
    elif ! at_least "${version#* }" $minimum; then
      seen=${seen:-$path is $version}
    elif ! can_compile "$path" "$2" "$3"; then
      broken=${broken:-$path ($version) does not compile and link a program of one line: $(grep -m 1 -i error "$3/trial.log")}
    else
      compiler=$path
      compiler_text="$version ($path)"
      c_compiler=$(dirname "$path")/$(basename "$path" | sed 's/g++/gcc/; s/clang++/clang/; s/c++/cc/')
      [[ -x $c_compiler ]] || c_compiler=$(command -v gcc || command -v cc) ||
        fail no-compiler "There is a C++ compiler ($path), but no C compiler beside it." "$advice"
      return
    fi
  done
  [[ -z $seen ]] || fail old-compiler "The compiler is too old: $seen; this libtorch needs GCC $least or newer." "$advice"
  [[ -z $broken ]] || fail no-compiler "$broken." "$advice"
  fail no-compiler "There is no C++ compiler${1:+ $1}." "$advice"
}

find_cmake() { # find_cmake ASKED: sets cmake and cmake_version
  local candidate path seen=''
  local advice="Load a newer one in the environment script (module avail cmake), install it for yourself (python3 -m pip install --user cmake), or give it: --cmake /path/to/cmake."
  local -a candidates=(cmake cmake3 "$HOME/.local/bin/cmake")
  path=$(python3 -c 'import cmake; print(cmake.CMAKE_BIN_DIR)' 2>/dev/null | last_line)
  [[ -z $path ]] || candidates+=("$path/cmake")
  [[ -z $1 ]] || candidates=("$1")
  for candidate in "${candidates[@]}"; do
    path=$(command -v -- "$candidate") || continue
    cmake_version=$("$path" --version 2>/dev/null | sed -n 's/^cmake[3]* version \([0-9.]*\).*/\1/p')
    if [[ -n $cmake_version ]] && at_least "$cmake_version" 3.16; then
      cmake=$path
      return
    fi
    seen=${seen:-$path is version ${cmake_version:-unknown}}
  done
  [[ -z $seen ]] || fail old-cmake "CMake is too old: $seen, needed is 3.16 or newer." "$advice"
  fail no-cmake "There is no CMake${1:+ $1}." "$advice"
}

find_make() { # sets generator and make
  local name
  for name in ninja ninja-build; do
    if make=$(command -v $name) && "$make" --version >/dev/null 2>&1; then generator=Ninja; return; fi
  done
  generator='Unix Makefiles'
  make=$(command -v gmake || command -v make) ||
    fail no-make "There is neither make nor ninja." "Load one in the environment script (module avail make), or ask the site for the development tools."
}

# Its folder without importing it: that takes long, and fails on a login node that lacks the card's driver. From /, since a
# folder called torch where we stand would count.
torch_of_python() {
  local python
  for python in python3 python; do
    (cd / && "$python" -c 'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")' 2>/dev/null) | last_line | grep . && return
  done
}

find_torch() { # find_torch ASKED: sets torch_root, torch_version, torch_build, torch_cuda, torch_hip and torch_kind
  local folder asked=${1:-${ATTUNE_TORCH_DIR:-}} header
  local advice="Source the environment in which python3 imports torch (--environment FILE), or give its folder, which has include/ and lib/: --torch DIR."
  [[ -n $asked ]] || asked=$(torch_of_python)
  [[ -n $asked ]] || fail no-torch "There is no libtorch: python3 ($(command -v python3 || echo 'not here')) knows no torch." "$advice"
  torch_root=''
  for folder in "$asked" "$asked/torch" "$asked/libtorch"; do
    if compgen -G "$folder/lib/libc10.so" >/dev/null || compgen -G "$folder/lib/*/libc10.so" >/dev/null; then
      torch_root=$(cd "$folder" && pwd)
      break
    fi
  done
  [[ -n $torch_root ]] || fail no-torch "$asked holds no libtorch (wanted: lib/libc10.so)." "$advice"
  [[ -e $torch_root/include/ATen/core/Tensor.h ]] ||
    fail no-torch "The libtorch in $torch_root came without its headers (include/ATen)." "Ask the site for the complete package of torch, or give another: --torch DIR."
  torch_version=''
  for header in torch/headeronly/version.h torch/version.h torch/csrc/api/include/torch/version.h; do
    [[ -n $torch_version || ! -e $torch_root/include/$header ]] || torch_version=$(awk '/define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]/ { printf "%s%s", dot, $3; dot = "." }' "$torch_root/include/$header")
  done
  at_least "${torch_version:-0}" 2.1 ||
    fail old-torch "libtorch ${torch_version:-of an unknown version} in $torch_root is too old: Attune needs 2.1 or newer." "Choose an environment with a newer torch, or put one into your home and give its folder: --torch DIR."
  torch_build=$torch_version torch_cuda='' torch_hip=''
  if [[ -e $torch_root/version.py ]]; then
    torch_build=$(python_word __version__)
    torch_cuda=$(python_word cuda)
    torch_hip=$(python_word hip)
  elif [[ -e $torch_root/build-version ]]; then
    torch_build=$(head -n 1 "$torch_root/build-version")
  fi
  torch_kind=cpu
  ! compgen -G "$torch_root/lib/libtorch_cuda.so" >/dev/null || torch_kind=cuda
  if compgen -G "$torch_root/lib/libtorch_hip.so" >/dev/null; then
    torch_kind=rocm
    [[ $torch_build != *dtk* && -z ${DTKROOT:-} && ${ROCM_PATH:-} != *dtk* ]] || torch_kind=dtk
  fi
}

python_word() { # python_word NAME: the text that torch's version.py gives it, empty for None
  sed -n "s/^$1\(: [A-Za-z\[\]*\]*\)\{0,1\} = ['\"]\(.*\)['\"].*/\2/p" "$torch_root/version.py" | head -n 1
}

need_disk() { # need_disk FOLDER MEGABYTES WHAT
  local free
  free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
  [[ -z $free || $free -ge $2 ]] ||
    fail no-disk "$1 has $free MB free; $3 needs $2 MB." "Free some space (or quota), or choose another disk: --prefix DIR and --build DIR."
}

# Sets runtime to the libstdc++ that the worker must load, empty when it is the system's own: the newest of the compiler's, the
# environment's, that beside a conda Python's torch, and the system's, since a newer one serves what was built for an older.
find_runtime() {
  local file real number best=-1 own
  local -a inherited
  runtime=''
  IFS=: read -r -a inherited <<<"${LD_LIBRARY_PATH:-}"
  own=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null)
  own=$(awk '$1 == "libstdc++.so.6" && /x86-64|AArch64/ { print $NF; exit }' <<<"$own")
  for file in "${own:-/usr/lib64/libstdc++.so.6}" /usr/lib/x86_64-linux-gnu/libstdc++.so.6 "$("$compiler" -print-file-name=libstdc++.so.6)" \
    ${inherited[@]+"${inherited[@]/%//libstdc++.so.6}"} "$torch_root/../../../libstdc++.so.6"; do
    [[ $file == /* && -e $file ]] || continue
    real=$(readlink -f "$file")
    number=${real##*.so.6.0.}
    [[ $number =~ ^[0-9]+$ && $number -gt $best ]] || continue
    best=$number
    runtime=$real
    [[ $file != "$own" && $file != /usr/lib64/* && $file != /usr/lib/x86_64-linux-gnu/* ]] || runtime=''
  done
}
