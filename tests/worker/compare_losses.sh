#!/bin/sh
# Two lists of eight losses, a line each: shown side by side; fails where they differ by more than 1e-4. usage: compare_losses.sh A B
paste "$1" "$2" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > worst) worst = d; print }
  END { print NR " steps, largest difference " worst + 0; exit !(NR == 8 && worst <= 1e-4) }'
