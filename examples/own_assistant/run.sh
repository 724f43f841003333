#!/bin/sh
# From a folder of pictures to an assistant that knows them: sh run.sh PICTURES QUESTION [KEY=VALUE ...]
# What is given as KEY=VALUE stands in both recipes, steps=50 say. All that is made lies in ./own.
set -eu
how="write: sh run.sh PICTURES QUESTION [KEY=VALUE ...]"
here=$(dirname "$0") pictures=${1:?$how} question=${2:?$how}
shift 2
python=${PYTHON:-python}
sensorium() { "$python" -m sensorium "$@"; }

echo "1. Pictures in folders become records in LLaVA's JSON"
"$python" "$here/make_data.py" "$pictures" own --question "$question"
echo "2. Is anything wrong with them?"
sensorium data check own/train.json own/test.json
echo "3. What does the model see of the first one?"
sensorium data check own/train.json --show 0
echo "4. How much does nano know before?"
"$python" "$here/score.py" own/train.json own/test.json nano
echo "5. What will be learnt, and how long does it take?"
sensorium train "$here/align.yaml" --dry-run "$@"
echo "6. Align: connectors learn"
sensorium train "$here/align.yaml" "$@"
echo "7. Instruct: LoRA learns"
sensorium train "$here/instruct.yaml" "$@"
echo "8. How much is known now?"
"$python" "$here/score.py" own/train.json own/test.json nano own/align/model own/instruct/model
example=own/$(sed -n 's/.*"image": "\(.*\)",/\1/p' own/test.json | tail -n 1)
echo "9. A picture of the test: $example"
sensorium ask --model own/instruct/model "$example" "$question"
