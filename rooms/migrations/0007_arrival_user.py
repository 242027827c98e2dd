"""The account by which somebody came in, so that its end is noticed without their page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0006_wording"),
    ]

    operations = [
        migrations.AddField(
            model_name="arrival",
            name="user",
            field=models.BigIntegerField(editable=False, null=True),
        ),
    ]
