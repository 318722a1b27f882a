# Facts of one machine for the environment check, a line each: "@@fact KEY VALUE". It changes nothing and installs nothing.
# $1 the environment script or nothing, $2 the training program.
export LC_ALL=C
attune_worker=$2 # an environment script that says `set NAME=...` changes $1 and $2
fact() { printf '@@fact %s %s\n' "$1" "$(printf '%s' "$2" | tr '\n\t' '  ' | head -c 2000)"; }

fact host "$(uname -n)"
fact system "$(uname -srm) $([ -r /etc/os-release ] && sed -n 's/^PRETTY_NAME=//p' /etc/os-release)"
fact home_free "$(df -Pk -- "$HOME" 2>/dev/null | awk 'END { print $4 * 1024 }')"
command -v quota >/dev/null && fact quota "$(timeout 10 quota -s 2>/dev/null | tail -n 2)"

if [ -n "$1" ]; then
  fact script_path "$1"
  if [ -r "$1" ]; then
    fact script there
    while IFS= read -r attune_line; do fact unexported "$attune_line"; done < <(
      grep -nE '^[[:space:]]*set[[:space:]]+[A-Za-z_][A-Za-z0-9_]*=' -- "$1" | head -n 20)
    set +eu
    . "$1" >/dev/null 2>&1 </dev/null
    fact script_code "$?"
  else
    fact script missing
  fi
fi

for attune_name in gcc g++ cmake ninja make hipcc nvcc; do
  command -v $attune_name >/dev/null && fact "tool_$attune_name" "$(timeout 10 $attune_name --version 2>&1 | head -n 1)"
done
for attune_name in rocm-smi hy-smi nvidia-smi; do
  command -v $attune_name >/dev/null && fact "tool_$attune_name" "$(timeout 20 $attune_name 2>&1 | head -n 30)"
done
[ -e /dev/kfd ] && fact driver amd
[ -e /dev/nvidiactl ] && fact driver nvidia

command -v python3 >/dev/null && timeout 150 python3 - <<'PY' 2>/dev/null
import sys

def fact(key, value):
    print("@@fact", key, " ".join(str(value).split())[:2000], flush=True)

fact("python", sys.version.split()[0] + " " + sys.executable)
try:
    import torch
    fact("torch", torch.__version__ + " " + torch.__file__)
    fact("torch_cuda", torch.version.cuda)
    fact("torch_hip", getattr(torch.version, "hip", None))
    fact("torch_abi", int(torch.compiled_with_cxx11_abi()))
    for i in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(i)
        fact("card", "%d %s %s" % (card.total_memory, getattr(card, "gcnArchName", "-"), card.name))
except Exception as error:
    fact("torch_error", error if str(error) else type(error).__name__)
for name in ("deepspeed", "bitsandbytes", "xformers"):
    try:
        fact(name, "there " + str(getattr(__import__(name), "__version__", "?")))
    except ImportError as error:
        fact(name, ("missing" if getattr(error, "name", None) == name else "broken ") + str(error))
    except BaseException as error:
        fact(name, "broken %s: %s" % (type(error).__name__, error))
PY

if command -v "$attune_worker" >/dev/null; then
  # One line, whatever its length: its findings join these.
  printf '@@doctor %s\n' "$(timeout 120 "$attune_worker" doctor --json 2>/dev/null </dev/null | tr -d '\n' | head -c 200000)"
else
  fact worker missing
fi
if command -v curl >/dev/null; then
  if timeout 8 curl -sI https://huggingface.co >/dev/null 2>&1; then fact internet yes; else fact internet no; fi
fi
fact end "$(date +%s)"
exit 0
