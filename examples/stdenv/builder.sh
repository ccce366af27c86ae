# Runs the phases that the derivation has. Only built-in commands of the shell are available here.
for phase in $phases; do
  eval "script=\${$phase-}"
  if [ -n "$script" ]; then
    echo "$name: $phase"
    eval "$script"
  fi
done
